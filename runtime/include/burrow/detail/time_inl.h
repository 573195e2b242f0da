// burrow/detail/time_inl.h - durations in ns, and the seam to the timers.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <ratio>
#include <type_traits>
#include <utility>

#include "burrow/chan.h"

namespace burrow::rt {
struct timer;  // runtime/time/timers.h
}

namespace burrow::detail {

static_assert(
    std::is_same_v<std::chrono::steady_clock::duration,
                   std::chrono::duration<std::int64_t, std::nano>>,
    "burrow counts time in nanoseconds, as this library's clock should");

using clock_time = std::chrono::steady_clock::time_point;

// to_ns converts to ns, up to the next whole one, and saturates. NaN is 0.
template <class Rep, class Period>
std::int64_t to_ns(std::chrono::duration<Rep, Period> d) noexcept {
  using limits = std::numeric_limits<std::int64_t>;
  using scale = std::ratio_divide<Period, std::nano>;
  if constexpr (std::is_integral_v<Rep> && scale::den == 1) {
    std::int64_t ns;
    if (__builtin_mul_overflow(d.count(), std::int64_t{scale::num}, &ns))
      return d.count() < Rep{} ? limits::min() : limits::max();
    return ns;
  } else {
    const long double ns = std::ceil(static_cast<long double>(d.count()) *
                                     scale::num / scale::den);
    // -min() is 2^63, which every floating type has.
    constexpr long double end = -static_cast<long double>(limits::min());
    if (ns >= end) return limits::max();
    if (ns < -end) return limits::min();
    return ns == ns ? static_cast<std::int64_t>(ns) : 0;
  }
}

// sleep_ns blocks the goroutine, or the foreign thread, for ns.
void sleep_ns(std::int64_t ns) noexcept;
void sleep_until_ns(std::int64_t when) noexcept;

// from_now is the time ns from now; it saturates.
clock_time from_now(std::int64_t ns) noexcept;

// timer_handle counts the references of one handle.
class timer_handle {
 public:
  timer_handle() noexcept = default;
  explicit timer_handle(rt::timer* adopted) noexcept : t_(adopted) {}
  timer_handle(const timer_handle& o) noexcept : t_(o.t_) { retain(); }
  timer_handle(timer_handle&& o) noexcept : t_(std::exchange(o.t_, nullptr)) {}
  timer_handle& operator=(timer_handle o) noexcept {
    std::swap(t_, o.t_);
    return *this;
  }
  ~timer_handle() { release(); }

  rt::timer* get() const noexcept { return t_; }

 private:
  void retain() const noexcept;
  void release() const noexcept;

  rt::timer* t_ = nullptr;
};

// owned_call is a function to be called later, any number of times; its owner
// drops obj in the end.
struct owned_call {
  void (*call)(void* obj);
  void (*drop)(void* obj) noexcept;
  void* obj;
};

template <class F>
owned_call make_owned_call(F f) {
  return {[](void* obj) { (*static_cast<F*>(obj))(); },
          [](void* obj) noexcept { delete static_cast<F*>(obj); },
          new F(std::move(f))};
}

// Times in ns. period 0: one shot. start_func_timer owns call.obj, also when it
// throws.
//
// Errors  std::logic_error outside a run.
timer_handle start_chan_timer(std::int64_t ns, std::int64_t period);
timer_handle start_func_timer(std::int64_t ns, owned_call call);
bool reset_timer(rt::timer* t, std::int64_t ns, std::int64_t period);
bool stop_timer(rt::timer* t) noexcept;

// timer_chan returns the channel of t; the nil channel if t is null or has
// none.
recv_chan<clock_time> timer_chan(rt::timer* t) noexcept;

}  // namespace burrow::detail
