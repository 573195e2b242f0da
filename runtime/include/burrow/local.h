// burrow/local.h - values that belong to a goroutine.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "burrow/detail/local_slots.h"

namespace burrow {

// local is a variable of which every goroutine has its own, as thread_local is
// for threads; the value goes with the goroutine when that moves between
// threads. A thread that burrow did not make counts as one goroutine.
//
//   burrow::local<int> depth{0};
//   *depth += 1;
//
// The value is made at a goroutine's first access, from the initial value or by
// the function given to the constructor, and destroyed when the goroutine (or
// the thread) ends, newest first. The local object may be destroyed before
// that; its values then live on, out of reach, until their goroutines end.
// Goroutines that a run abandons at its end do not destroy theirs.
template <class T>
class local {
 public:
  // local() value-initialises each goroutine's value.
  local()
    requires std::default_initializable<T>
      : make_([] { return T(); }) {}

  // local(f) calls f in each goroutine.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, local> &&
             std::is_invocable_r_v<T, const std::decay_t<F>&>)
  explicit local(F&& f) : make_(std::forward<F>(f)) {}

  // local(value) copies it for each goroutine.
  template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, local> &&
             !std::is_invocable_r_v<T, const std::decay_t<U>&> &&
             std::constructible_from<T, U> && std::copy_constructible<T>)
  explicit local(U&& value)
      : make_([v = T(std::forward<U>(value))] { return v; }) {}

  local(const local&) = delete;
  local& operator=(const local&) = delete;
  ~local() = default;

  // The calling goroutine's value. The reference is good as long as the
  // goroutine, and for it.
  //
  // Errors  at the first access, what making the value throws.
  T& operator*() const { return get(); }
  T* operator->() const { return &get(); }
  T& get() const {
    void* value = detail::findlocal(key_);
    return *static_cast<T*>(value != nullptr ? value : make());
  }

 private:
  void* make() const {
    auto* value = new T(make_());
    detail::addlocal(key_, value,
                     [](void* v) noexcept { delete static_cast<T*>(v); });
    return value;
  }

  detail::localkey key_;
  std::function<T()> make_;
};

}  // namespace burrow
