// burrow/detail/once.h - once and once_value.
//
//   state_    call(f)
//   idle      runs f: running
//   running   waits for done, and returns
//   done      returns; for ever
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "burrow/detail/goexit.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"
#include "burrow/error.h"

namespace burrow {

// once runs one function one time, as Go's sync.Once.
class once {
 public:
  constexpr once() noexcept = default;
  once(const once&) = delete;
  once& operator=(const once&) = delete;
  ~once();

  // call runs f if this is the first call on this object; others return when
  // that f has ended. An f that throws, or ends its goroutine, has run: the
  // first caller gets the exception, the others just return. An f that makes a
  // call on the same once blocks for ever.
  template <class F>
  void call(F&& f) {
    // acquire pairs with the release in finish: what f did is seen.
    if (state_.load(std::memory_order_acquire) == kDone) [[likely]]
      return;
    if (!begin()) return;
    const finisher last{this};
    std::forward<F>(f)();
  }

 private:
  enum : std::uint8_t { kIdle, kRunning, kDone };

  struct finisher {
    once* o;
    ~finisher() { o->finish(); }
  };

  bool begin() noexcept;
  void finish() noexcept;

  std::atomic<std::uint8_t> state_{kIdle};  // written under lock_
  detail::spinlock lock_;
  detail::waitq q_;  // under lock_
};

namespace detail {

// once_result is what the copies of one once_value share.
template <class F>
struct once_result {
  using result = std::invoke_result_t<F&>;
  using stored = std::conditional_t<
      std::is_void_v<result>, std::monostate,
      std::conditional_t<std::is_reference_v<result>,
                         std::add_pointer_t<result>, std::remove_cv_t<result>>>;

  explicit once_result(F fn) : f(std::move(fn)) {}

  void compute() {
    try {
      if constexpr (std::is_void_v<result>) {
        (*f)();
        value.emplace();
      } else if constexpr (std::is_reference_v<result>) {
        result r = (*f)();
        value.emplace(std::addressof(r));
      } else {
        value.emplace((*f)());
      }
    } catch (const goexit_signal&) {
      throw;
    } catch (...) {
      error = std::current_exception();
    }
    f.reset();
  }

  std::optional<F> f;
  once o;
  std::optional<stored> value;
  std::exception_ptr error;
};

}  // namespace detail

// once_function is what once_value returns. Copies share the one computation.
template <class F>
class once_function {
  using shared = detail::once_result<F>;

 public:
  explicit once_function(F f) : s_(std::make_shared<shared>(std::move(f))) {}

  // operator() returns the value that f has returned, computing it first if no
  // call has. Concurrent callers wait. The reference lives as long as a copy of
  // this object.
  //
  // Errors  the exception that f has thrown, each time; panic_error if f ended
  //          its
  //         goroutine.
  decltype(auto) operator()() const {
    s_->o.call([s = s_.get()] { s->compute(); });
    if (s_->error) std::rethrow_exception(s_->error);
    if (!s_->value) {
      throw panic_error("once_value: the function has not returned");
    }
    if constexpr (std::is_reference_v<typename shared::result>) {
      return static_cast<typename shared::result>(**s_->value);
    } else if constexpr (!std::is_void_v<typename shared::result>) {
      return std::as_const(*s_->value);
    }
  }

 private:
  std::shared_ptr<shared> s_;
};

// once_value returns a function that runs f when it is called first, and
// returns f's result each time: a const T& for an f that returns T.
//
//   auto config = burrow::once_value([] { return load_config(); });
//   use(config());
template <class F>
once_function<F> once_value(F f) {
  return once_function<F>(std::move(f));
}

}  // namespace burrow
