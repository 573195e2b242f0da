// burrow/detail/future_state.h - what an async call and its future share.
//
// One allocation holds the state, the function with its arguments, and the
// result. It has two references: the goroutine's and the future's.
//
//   status      written by   then
//   pending                  wait() queues
//   value       goroutine    the result is constructed
//   error       goroutine    error_ is set
//   exited      goroutine    the goroutine has ended without a result
//
// word_ holds the status, the number of references, and whether anybody waits:
//
//   bit 0 pending | bit 1 somebody waits, or done_ is set | 2, 3 status | 8.. refs
//
// With nobody waiting the end of the goroutine is one compare-and-swap, that
// announces the result and drops its reference; and who finds that his is the last
// reference drops it without any. Bit 1 is set under lock_, while pending; with it
// set the end is announced under lock_, together with taking the waiters off.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "burrow/chan.h"
#include "burrow/detail/goexit.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

namespace burrow::detail {

enum class future_status : std::uint8_t { pending, value, error, exited };

// future_base is the part that does not know the result's type.
class future_base {
 public:
  future_base(const future_base&) = delete;
  future_base& operator=(const future_base&) = delete;

  // wait blocks until the goroutine has ended.
  void wait() noexcept {
    // acquire pairs with the release in finish.
    if ((word_.load(std::memory_order_acquire) & kPending) != 0) wait_slow();
  }

  // done returns the channel that is closed when the goroutine has ended; it is
  // made by the first call.
  recv_chan<unit> done();

  // check throws what get() has to throw instead of returning a value. After
  // wait.
  void check() const;

  // unref drops one of the two references.
  void unref() noexcept {
    // acquire, acq_rel: the last one sees all that was done through the other.
    if (word_.load(std::memory_order_acquire) < 2 * kRef ||
        word_.fetch_sub(kRef, std::memory_order_acq_rel) < 2 * kRef) {
      destroy_(this);
    }
  }

 protected:
  using destroy_fn = void (*)(future_base*) noexcept;
  explicit future_base(destroy_fn destroy) noexcept : destroy_(destroy) {}
  ~future_base() = default;

  bool has_value() const noexcept { return status() == future_status::value; }

  // finish publishes the end of the goroutine and drops its reference.
  void finish(future_status how) noexcept;

  std::exception_ptr error_;  // written before finish

 private:
  static constexpr std::int64_t kPending = 1, kWaiters = 2, kStatus = 4,
                                kRef = 256;

  // status is what check and take go by: after wait.
  future_status status() const noexcept {
    return static_cast<future_status>(word_.load(std::memory_order_relaxed) /
                                      kStatus % 4);
  }
  void wait_slow() noexcept;
  bool announce_waiter() noexcept;

  std::atomic<std::int64_t> word_{2 * kRef | kPending};
  spinlock lock_;
  waitq q_;          // under lock_
  chan<unit> done_;  // under lock_; nil until somebody asks for it
  const destroy_fn destroy_;
};

// future_result is the part that knows it.
template <class R>
class future_result : public future_base {
  using stored = std::conditional_t<
      std::is_void_v<R>, std::monostate,
      std::conditional_t<std::is_reference_v<R>, std::add_pointer_t<R>,
                         std::remove_cv_t<R>>>;

 public:
  // take returns the result. After wait and check, once.
  R take() {
    if constexpr (std::is_reference_v<R>) {
      return static_cast<R>(*value_);
    } else if constexpr (!std::is_void_v<R>) {
      return std::move(value_);
    }
  }

 protected:
  explicit future_result(destroy_fn destroy) noexcept : future_base(destroy) {}
  ~future_result() {
    if (has_value()) std::destroy_at(&value_);
  }

  // compute constructs the result of f(args...).
  template <class F, class... A>
  void compute(F&& f, A&&... args) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(std::forward<F>(f), std::forward<A>(args)...);
      ::new (static_cast<void*>(&value_)) stored();
    } else if constexpr (std::is_reference_v<R>) {
      R r = std::invoke(std::forward<F>(f), std::forward<A>(args)...);
      ::new (static_cast<void*>(&value_)) stored(std::addressof(r));
    } else {
      ::new (static_cast<void*>(&value_))
          stored(std::invoke(std::forward<F>(f), std::forward<A>(args)...));
    }
  }

 private:
  union {
    stored value_;  // alive while has_value()
  };
};

// future_task adds the function and its arguments, alive until it has run.
template <class R, class F, class... A>
class future_task final : public future_result<R> {
 public:
  explicit future_task(F&& f, A&&... args)
      : future_result<R>([](future_base* b) noexcept {
          delete static_cast<future_task*>(b);
        }),
        call_(std::move(f), std::move(args)...) {}
  ~future_task() {}

  // run is the goroutine: it uses up the goroutine's reference.
  void run() {
    ender end{this};
    try {
      const caller dead{this};  // the arguments end before the publication
      std::apply(
          [this](F&& f, A&&... args) {
            this->compute(std::move(f), std::move(args)...);
          },
          std::move(call_));
      end.how = future_status::value;
    } catch (const goexit_signal&) {
      throw;
    } catch (...) {
      this->error_ = std::current_exception();
      end.how = future_status::error;
    }
  }

  // abandon undoes the construction: the goroutine could not be started.
  void abandon() noexcept {
    drop_call();
    this->unref();
    this->unref();
  }

 private:
  struct ender {
    future_task* t;
    future_status how = future_status::exited;
    ~ender() { t->finish(how); }
  };
  struct caller {
    future_task* t;
    ~caller() { t->drop_call(); }
  };

  void drop_call() noexcept { std::destroy_at(&call_); }

  union {
    std::tuple<F, A...> call_;
  };
};

}  // namespace burrow::detail
