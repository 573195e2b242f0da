// runtime/sched/goby.h - starting a goroutine on behalf of an earlier call.
//
// A timer and a context start a user's function long after he has given it to
// them: what a dump calls the goroutine's creator is the call that did so.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "burrow/detail/closure.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

// createdhere is the calling goroutine with the return address `pc`.
inline creator createdhere(void* pc) noexcept {
  return {reinterpret_cast<std::uintptr_t>(pc), gidof(getg())};
}

// goby starts a goroutine that calls f, which must fit inline.
//
// Context  as burrow::go, and g0.
// Errors   those of burrow::go.
template <class F>
void goby(creator by, F f) {
  using C = detail::closure<F>;
  static_assert(sizeof(C) <= detail::kInlineClosure &&
                std::is_nothrow_move_constructible_v<F>);
  g* gp = detail::go_prepare(nullptr);
  setcreator(gp, by);
  void* at = detail::go_room(gp);
  ::new (at) C{std::move(f), {}};
  detail::go_start(gp, &C::call_inline, at);
}

}  // namespace burrow::rt
