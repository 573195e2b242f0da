// burrow/future.h - async: a goroutine with a result.
//
//   auto sum = burrow::async([](int a, int b) { return a + b; }, 1, 2);
//   ... do something else ...
//   use(sum.get());
#pragma once

#include <concepts>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/future_state.h"
#include "burrow/go.h"

namespace burrow {

template <class R>
class future;

// async runs f(args...) in a new goroutine. f and args are decay-copied, as by
// go, and destroyed there before the result is published.
//
// Errors  those of go; an exception of f goes to get(), or is dropped with the
//         future.
template <class F, class... Args>
  requires std::invocable<F, Args...>
future<std::invoke_result_t<F, Args...>> async(F f, Args... args);

// future is the handle for the result of one async call; R may be void, a
// reference, or move-only. It can be moved, not copied. Dropping it drops the
// result; it does not wait, and does not end the goroutine.
template <class R>
class [[nodiscard]] future {
 public:
  future() noexcept = default;  // not valid()
  future(future&& o) noexcept : s_(std::exchange(o.s_, nullptr)) {}
  future& operator=(future&& o) noexcept {
    future(std::move(o)).swap(*this);
    return *this;
  }
  ~future() {
    if (s_ != nullptr) s_->unref();
  }

  // valid says whether there is a result to get or wait for: from async until
  // get.
  bool valid() const noexcept { return s_ != nullptr; }

  // get waits for the goroutine's end and returns what f has returned. Once:
  // after it the future is not valid.
  //
  // Errors  the exception that f has thrown; panic_error if the goroutine ended
  //         by goexit(); std::logic_error if not valid().
  R get() {
    const future last(std::move(*this));
    last.state().wait();
    last.s_->check();
    return last.s_->take();
  }

  // wait blocks until the goroutine has ended. std::logic_error if not valid().
  void wait() const { state().wait(); }

  // done returns a channel, always the same, that is closed when the goroutine
  // has ended; for select. std::logic_error if not valid().
  recv_chan<unit> done() const { return state().done(); }

 private:
  template <class F, class... Args>
    requires std::invocable<F, Args...>
  friend future<std::invoke_result_t<F, Args...>> async(F f, Args... args);

  explicit future(detail::future_result<R>* s) noexcept : s_(s) {}

  void swap(future& o) noexcept { std::swap(s_, o.s_); }

  detail::future_result<R>& state() const {
    if (s_ == nullptr) throw std::logic_error("future: no result to get");
    return *s_;
  }

  detail::future_result<R>* s_ = nullptr;
};

template <class F, class... Args>
  requires std::invocable<F, Args...>
[[gnu::always_inline]] inline future<std::invoke_result_t<F, Args...>> async(
    F f, Args... args) {
  using result = std::invoke_result_t<F, Args...>;
  using task = detail::future_task<result, F, Args...>;
  auto* t = new task(std::move(f), std::move(args)...);
  try {
    burrow::go([t] { t->run(); });
  } catch (...) {
    t->abandon();
    throw;
  }
  return future<result>(t);
}

}  // namespace burrow
