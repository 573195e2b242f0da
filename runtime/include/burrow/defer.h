// burrow/defer.h - an action for the end of a scope.
#pragma once

#include <type_traits>
#include <utility>

namespace burrow {

// defer runs f when the scope that it stands in is left: at its end, by return,
// by an exception, or by goexit(). Several run in reverse order.
//
//   mu.lock();
//   burrow::defer d{[&] { mu.unlock(); }};
//
// f may block. If it throws while no exception is under way, that exception
// goes on from the end of the scope; else the process ends, as by any
// destructor.
template <class F>
class [[nodiscard]] defer {
 public:
  explicit defer(F f) noexcept(std::is_nothrow_move_constructible_v<F>)
      : f_(std::move(f)) {}
  defer(const defer&) = delete;
  defer& operator=(const defer&) = delete;
  ~defer() noexcept(noexcept(std::declval<F&>()())) { f_(); }

 private:
  F f_;
};

}  // namespace burrow
