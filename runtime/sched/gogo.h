// runtime/sched/gogo.h - from one goroutine to another.
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
// All move curg, the C++ exception globals and errno from one to the other:
// libstdc++ and libc++abi keep the stack of caught exceptions and the uncaught
// count in a per-thread structure { void*, unsigned }, whose address each m looks
// up once. Moving both words at each switch costs under 1 ns; asking for the
// address each time, 12 ns.
//
// Rejected: boost::context::fiber. It allocates its control block on the stack,
// and whether it saves exception state differs between Boost versions.
#pragma once

#include "runtime/sched/runtime2.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/stack.h"
#include "runtime/sched/switch.h"
#include "runtime/sched/tls.h"

namespace burrow::rt {

// The part of __cxa_eh_globals that the Itanium C++ ABI fixes.
struct ehglobals {
  void* caught;
  unsigned uncaught;
};

inline void saveenv(const ehglobals* eh, const int* err, g* from) noexcept {
  from->ehcaught = eh->caught;
  from->ehuncaught = eh->uncaught;
  from->err = *err;
}

inline void loadenv(ehglobals* eh, int* err, const g* to) noexcept {
  eh->caught = to->ehcaught;
  eh->uncaught = to->ehuncaught;
  *err = to->err;
}

// finishcall is the part of finishswitch that is rare.
void finishcall(m* mp) noexcept;

// finishswitch is the arrival's first act. Returns the m it arrived on.
inline m* finishswitch() noexcept {
  m* mp = getm();
  sanitizer_arrived(mp, mp->curg);
  if (spinlock* l = mp->post.unlock; l != nullptr) {
    mp->post.unlock = nullptr;
    l->letgo();
    if (mp->post.fn != nullptr) [[unlikely]]
      finishcall(mp);
  }
  return mp;
}

// startctx gives a g that has not run its stack and first context.
void startctx(m* mp, g* gp) noexcept;

// gogo runs `to` and returns the m on which `from` goes on, in the runtime. Inlined
// where goroutines park and yield.
//
// Context  in the runtime; `to` is owned by the caller: its context saved, or
//          not started. mp->post says what to do for `from`.
[[gnu::always_inline]] inline m* gogo(m* mp, g* from, g* to) noexcept {
  if (to->ctx.sp == nullptr) [[unlikely]]
    startctx(mp, to);
  ehglobals* const eh = mp->ehglobals;
  int* const err = mp->errnop;
  saveenv(eh, err, from);
  loadenv(eh, err, to);
  mp->curg = to;
  sanitizer_switch(from, to);
  switchctx(&from->ctx, &to->ctx);
  return finishswitch();
}

// gogonew is gogo to one that has not started, on the stack *at, by main (switchnew).
[[gnu::always_inline]] inline m* gogonew(m* mp, g* from, g* to,
                                         const stackspan* at,
                                         mainfn main) noexcept {
  to->stack = *at;
  // Read again: as parts of what is copied in one go they would come later.
  asm("" : "+r"(at));
  const stackspan s = *at;
  sanitizer_newstack(to);
  ehglobals* const eh = mp->ehglobals;
  int* const err = mp->errnop;
  saveenv(eh, err, from);
  *eh = {nullptr, 0};
  *err = 0;
  mp->curg = to;
  sanitizer_switch(from, to);
  switchnew(&from->ctx, &to->ctx, s.lo, s.hi - stackcolour(s), main);
  return finishswitch();
}

[[noreturn]] void gogodead(m* mp, g* to) noexcept;
const gocontext* gogoend(m* mp, g* to) noexcept;

// gogoback is gogoend to one that has run before, where there is no sanitizer.
inline const gocontext* gogoback(m* mp, g* to) noexcept {
  loadenv(mp->ehglobals, mp->errnop, to);
  mp->curg = to;
  return &to->ctx;
}

// initgogo comes before the first switch. One thread at a time.
void initgogo() noexcept;

// initg0 makes mp->g0 the context of the calling thread's own stack.
void initg0(m* mp) noexcept;

// forgetctx drops what a g that is abandoned left behind (sanitizers' state).
void forgetctx(g* gp) noexcept;

// ontop runs fn(arg) on the stack of a parked g, below its last frame, and comes
// back; for tracebacks. gp stays parked.
//
// Context  any thread; `from` says whose stack it is on. Nobody resumes gp
//          meanwhile. fn must not throw, park, or look for getg().
void ontop(g* from, g* gp, void (*fn)(void*), void* arg) noexcept;

}  // namespace burrow::rt
