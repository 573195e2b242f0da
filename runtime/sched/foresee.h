// runtime/sched/foresee.h - returns, after a switch, where the processor foresees them.
//
// A processor predicts where a `ret` goes by a stack of its own, of the calls that it
// has seen. A goroutine that was switched to returns through the calls of the one that
// has left: as foreseen, as long as both were called from the same place. The last
// return, to the user's code, mostly is not: a sender and a receiver are not one
// function. That costs 11 ns. There a jump through a register is better, which is
// predicted by what has gone before; and only there, for it leaves the processor's stack
// with one call too many.
//
//   f(c)             returns what foresee(c, ..., wait) returns, as the last thing
//   wait(c, from)    returns waited(..., gopark(..., from))
//
// Rejected: the jump always. Trees of goroutines that wait for their children in one
// place (skynet) became 8 % slower.
#pragma once

#include <bit>
#include <cstddef>
#include <type_traits>

#include "asm/switch.h"

namespace burrow::rt {

// foresee returns fn(a, b, c, d, where it itself returns to), as an R: a bool, or a number
// and a bool. Nothing may come between it and the caller's own return.
template <class R>
[[gnu::always_inline]] inline R foresee(const void* a, void* b, void* c,
                                        std::size_t d,
                                        burrow_waitfn fn) noexcept {
#if defined(BURROW_SWITCH)
  if constexpr (std::is_same_v<R, bool>) {
    return burrow_foreseebool(a, b, c, d, fn);
  } else {
    // Of the second word, R looks at the first byte.
    return std::bit_cast<R>(burrow_foresee(a, b, c, d, fn));
  }
#else
  const burrow_waited w = fn(a, b, c, d, nullptr);
  if constexpr (std::is_same_v<R, bool>) {
    return w.index != 0;
  } else {
    return {w.index, (w.more & 1) != 0};
  }
#endif
}

// waited is what fn returns, after a gopark that has returned `foreseen`, or none: true.
inline burrow_waited waited(std::size_t index, bool yes,
                            bool foreseen) noexcept {
  return {index, std::size_t{yes} | std::size_t{!foreseen} << 8};
}

}  // namespace burrow::rt
