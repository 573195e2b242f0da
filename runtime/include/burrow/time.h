// burrow/time.h - sleeping, timers and tickers.
//
//   burrow::sleep_for(10ms);                       // blocks the goroutine only
//   burrow::select(burrow::recv(answers, use),
//                  burrow::recv(burrow::after(1s), give_up));
//   burrow::timer t = burrow::after_func(1min, save);
//   t.reset(2min);
//
// Durations are any std::chrono::duration. What does not fit into 64 bits of
// nanoseconds, 292 years, is cut off there; fractions of a nanosecond are
// rounded up, so nothing ends before its time. A negative duration is zero.
// Times are of the monotonic clock.
//
// A timer's channel behaves as if it had no buffer: len() and cap() are 0, and
// when stop() or reset() has returned, no value of an earlier start can be
// received. The value is the time at which the timer was due. Timers belong to
// the run in which they were started: those that are left at its end never
// fire. Starting one outside a run throws std::logic_error; stopping works
// anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/time_inl.h"
#include "burrow/error.h"

namespace burrow {

// time_point is a time of the monotonic clock, in ns.
using time_point = std::chrono::steady_clock::time_point;

// sleep_for blocks the calling goroutine for at least d; on a thread that
// burrow did not make, that thread, also outside a run. d <= 0: returns at
// once.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> d) {
  detail::sleep_ns(detail::to_ns(d));
}

// sleep_until blocks the calling goroutine until t.
template <class Duration>
void sleep_until(
    std::chrono::time_point<std::chrono::steady_clock, Duration> t) {
  detail::sleep_until_ns(detail::to_ns(t.time_since_epoch()));
}

// timer fires once, after a duration: it sends the time on its channel, or runs
// a function in a goroutine (after_func). It is a handle: copies name the same
// timer. Dropping the handles does not stop it. Default-constructed it is nil.
class timer {
 public:
  timer() noexcept = default;

  // Starts a timer that sends on c() once d has passed.
  //
  // Errors  std::logic_error outside a run.
  template <class Rep, class Period>
  explicit timer(std::chrono::duration<Rep, Period> d)
      : h_(detail::start_chan_timer(detail::to_ns(d), 0)) {}

  // c returns the channel; the nil channel for after_func's timers and for nil.
  recv_chan<time_point> c() const { return detail::timer_chan(h_.get()); }

  // stop makes the timer not fire, until it is reset.
  //
  // Returns  true if it was still to fire, or if its value was not received:
  //          then nobody will. For after_func: true if the call now does not
  //          start; false does not mean that the function has returned.
  // Errors   panic_error "time: Stop called on uninitialized Timer" if nil.
  bool stop() const {
    check("time: Stop called on uninitialized Timer");
    return detail::stop_timer(h_.get());
  }

  // reset starts the timer anew, whether it is running, has fired or was
  // stopped. Returns as stop.
  //
  // Errors  panic_error "time: Reset called on uninitialized Timer" if nil;
  //         std::logic_error outside a run.
  template <class Rep, class Period>
  bool reset(std::chrono::duration<Rep, Period> d) const {
    check("time: Reset called on uninitialized Timer");
    return detail::reset_timer(h_.get(), detail::to_ns(d), 0);
  }

  // operator bool says whether this is not nil.
  explicit operator bool() const noexcept { return h_.get() != nullptr; }

 private:
  template <class Rep, class Period, class F>
  friend timer after_func(std::chrono::duration<Rep, Period> d, F f);

  explicit timer(detail::timer_handle h) noexcept : h_(std::move(h)) {}

  void check(const char* message) const {
    if (h_.get() == nullptr) throw panic_error(message);
  }

  detail::timer_handle h_;
};

// ticker sends the time on its channel every d. It adjusts to a slow receiver
// by dropping ticks. It is stopped when it is destroyed, and can only be moved.
class ticker {
 public:
  // ticker sends first when d has gone.
  //
  // Errors  panic_error "non-positive interval for NewTicker" if d <= 0;
  //         std::logic_error outside a run.
  template <class Rep, class Period>
  explicit ticker(std::chrono::duration<Rep, Period> d)
      : h_(start(detail::to_ns(d))) {}

  ticker(ticker&&) noexcept = default;
  ticker& operator=(ticker&& o) noexcept {
    if (this != &o) {
      stop();
      h_ = std::move(o.h_);
    }
    return *this;
  }
  ~ticker() { stop(); }

  // c returns the channel of the ticks; stop does not close it.
  recv_chan<time_point> c() const { return detail::timer_chan(h_.get()); }

  // stop ends the ticks; none that came before can be received afterwards.
  void stop() noexcept {
    if (h_.get() != nullptr) detail::stop_timer(h_.get());
  }

  // reset stops the ticker and starts it with another interval: the next tick
  // comes after d.
  //
  // Errors  panic_error "non-positive interval for Ticker.Reset" if d <= 0,
  //         "time: Reset called on uninitialized Ticker" if moved from;
  //         std::logic_error outside a run.
  template <class Rep, class Period>
  void reset(std::chrono::duration<Rep, Period> d) {
    const std::int64_t ns = detail::to_ns(d);
    if (ns <= 0) throw panic_error("non-positive interval for Ticker.Reset");
    if (h_.get() == nullptr)
      throw panic_error("time: Reset called on uninitialized Ticker");
    detail::reset_timer(h_.get(), ns, ns);
  }

 private:
  static detail::timer_handle start(std::int64_t ns) {
    if (ns <= 0) throw panic_error("non-positive interval for NewTicker");
    return detail::start_chan_timer(ns, ns);
  }

  detail::timer_handle h_;
};

// after returns a channel on which the time is sent once d has passed. One that
// nobody can receive from any more costs nothing: it need not be stopped.
//
// Errors  std::logic_error outside a run.
template <class Rep, class Period>
recv_chan<time_point> after(std::chrono::duration<Rep, Period> d) {
  return timer(d).c();
}

// tick returns a channel on which the time is sent every d, until nobody can
// receive from it any more. d <= 0: the nil channel.
//
// Errors  std::logic_error outside a run.
template <class Rep, class Period>
recv_chan<time_point> tick(std::chrono::duration<Rep, Period> d) {
  const std::int64_t ns = detail::to_ns(d);
  if (ns <= 0) return {};
  return detail::timer_chan(detail::start_chan_timer(ns, ns).get());
}

// after_func calls f() in a goroutine of its own once d has passed. Every reset
// that lets it fire calls f again, at the same time even, if the last call has
// not returned.
//
// Errors  std::logic_error outside a run.
template <class Rep, class Period, class F>
[[gnu::always_inline]] inline timer after_func(
    std::chrono::duration<Rep, Period> d, F f) {
  return timer(detail::start_func_timer(detail::to_ns(d),
                                        detail::make_owned_call(std::move(f))));
}

}  // namespace burrow
