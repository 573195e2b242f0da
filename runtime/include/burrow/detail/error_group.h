// burrow/detail/error_group.h - goroutines that work on parts of one task.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "burrow/detail/goexit.h"
#include "burrow/go.h"

namespace burrow {

class context;

namespace detail {

struct error_group_state;

// error_group_ref is a counted reference to what a group and its goroutines
// share.
class error_group_ref {
 public:
  error_group_ref();
  error_group_ref(const error_group_ref& o) noexcept;
  error_group_ref(error_group_ref&& o) noexcept
      : s_(std::exchange(o.s_, nullptr)) {}
  error_group_ref& operator=(error_group_ref o) noexcept {
    std::swap(s_, o.s_);
    return *this;
  }
  ~error_group_ref();

  error_group_state* operator->() const noexcept { return s_; }

 private:
  error_group_state* s_;
};

// error_group_slot counts as one active goroutine until it is destroyed.
class error_group_slot {
 public:
  explicit error_group_slot(error_group_ref ref) noexcept
      : ref_(std::move(ref)) {}
  error_group_slot(error_group_slot&& o) noexcept
      : ref_(std::move(o.ref_)), taken_(std::exchange(o.taken_, false)) {}
  error_group_slot& operator=(error_group_slot&&) = delete;
  ~error_group_slot() {
    if (taken_) leave();
  }

  // fail notes the error if it is the first, and cancels the context then.
  void fail(std::exception_ptr error) const;

 private:
  void leave() noexcept;

  error_group_ref ref_;
  bool taken_ = true;
};

// run_in_group runs f and reports how it ended.
template <class F>
void run_in_group(const error_group_slot& slot, F& f) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      f();
    } else {
      const std::error_code ec = f();
      if (ec) slot.fail(std::make_exception_ptr(std::system_error(ec)));
    }
  } catch (const goexit_signal&) {
    throw;
  } catch (...) {
    slot.fail(std::current_exception());
  }
}

template <class F>
concept error_group_function =
    std::invocable<F&> &&
    (std::is_void_v<std::invoke_result_t<F&>> ||
     std::convertible_to<std::invoke_result_t<F&>, std::error_code>);

}  // namespace detail

// error_group runs functions in goroutines of their own, waits for all of them,
// and reports the first error, as golang.org/x/sync/errgroup.
//
//   auto [group, ctx] = burrow::error_group::with_context(parent);
//   for (const auto& url : urls) group.go([url, ctx = ctx] { fetch(ctx, url);
//   }); group.wait();
//
// A function fails by an exception, or by a std::error_code if that is what it
// returns. It is a handle: it can be moved, and if it is dropped its goroutines
// go on. go and wait may be called from any of them.
class error_group {
 public:
  error_group() = default;
  error_group(error_group&&) noexcept = default;
  error_group& operator=(error_group&&) noexcept = default;
  ~error_group() = default;

  // with_context makes a group and a context for its functions, a child of
  // `parent` that is done when the first of them has failed or when wait()
  // returns. Its cause is the error's code (of a std::system_error or a
  // std::error_code), else errc::canceled.
  static std::pair<error_group, context> with_context(const context& parent);

  // go starts f. If the group has its limit of goroutines it blocks first,
  // until one of them ends.
  template <detail::error_group_function F>
  [[gnu::always_inline]] void go(F f) {
    enter();
    start(std::move(f));
  }

  // try_go starts f if the group has not reached its limit, and says whether.
  template <detail::error_group_function F>
  [[gnu::always_inline]] bool try_go(F f) {
    if (!try_enter()) return false;
    start(std::move(f));
    return true;
  }

  // wait blocks until all functions have ended, and cancels the context.
  //
  // Errors  the first error: the exception, or std::system_error with the code.
  void wait();

  // set_limit says how many goroutines may be active at a time; negative: any
  // number. With 0, go blocks for ever.
  //
  // Errors  panic_error if a goroutine of the group is active.
  void set_limit(int n);

 private:
  void enter();
  bool try_enter();

  template <class F>
  [[gnu::always_inline]] void start(F f) {
    burrow::go(
        [slot = detail::error_group_slot(ref_), f = std::move(f)]() mutable {
          const detail::error_group_slot active(std::move(slot));
          F body(std::move(f));
          detail::run_in_group(active, body);
        });
  }

  detail::error_group_ref ref_;
};

}  // namespace burrow
