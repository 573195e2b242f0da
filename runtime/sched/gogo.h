// runtime/sched/gogo.h - the context switch.
//
// A switch goes straight from one goroutine to the next; g0 is used only where
// there is no next one at hand. The one that leaves is described by m::post, and
// finished by the one that arrives (finishswitch), when the stack it left is no
// longer in use.
//
//   gogo(mp, from, to)       `from` will be resumed later; returns then, perhaps
//                            on another m
//   gogodead(mp, to)         the leaver never runs again
//   gogoend(mp, to)          the same for the lowest function of a stack: it is
//                            to return what this returns
//
// All move curg, the C++ exception globals and errno from one to the other.
// The switch itself is Boost.Context's; only gogo.cc knows.
#pragma once

#include "runtime/sched/runtime2.h"

namespace burrow::rt {

// gogo runs `to` and returns the m on which `from` goes on, in the runtime.
//
// Context  in the runtime; `to` is owned by the caller: its context saved, or
//          not started. mp->post says what to do for `from`.
m* gogo(m* mp, g* from, g* to) noexcept;

[[noreturn]] void gogodead(m* mp, g* to) noexcept;
void* gogoend(m* mp, g* to) noexcept;

// startctx gives a g that has not run its stack and first context.
void startctx(m* mp, g* gp) noexcept;

// initgogo comes before the first switch. One thread at a time.
void initgogo() noexcept;

// initg0 makes mp->g0 the context of the calling thread's own stack.
void initg0(m* mp) noexcept;

// forgetctx drops what a g that is abandoned left behind (sanitizers' state).
void forgetctx(g* gp) noexcept;

// ontop runs fn(arg) on the stack of a parked g, above its last frame, and comes
// back; for tracebacks. gp stays parked.
//
// Context  any thread; `from` says whose stack it is on. Nobody resumes gp
//          meanwhile. fn must not throw, park, or look for getg().
void ontop(g* from, g* gp, void (*fn)(void*), void* arg) noexcept;

}  // namespace burrow::rt
