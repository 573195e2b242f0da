// runtime/sched/goroutine.h - the free gs, and where the context switch enters a new
// goroutine. Inlined is what happens while a p has free gs and numbers.
#pragma once

#include <new>

#include "runtime/sched/check.h"
#include "runtime/sched/runtime2.h"
#include "runtime/sched/switch.h"

namespace burrow::rt {

// galloc returns a dead g for reuse, with an id. Owns pp; pp null: any thread.
// gtake is the part for which pp has what is needed (hasfree).
g* gallocslow(p* pp) noexcept;
inline bool hasfree(const p* pp) noexcept {
  return pp->gfree != nullptr && pp->goidnext != pp->goidend;
}
inline g* gtake(p* pp) noexcept {
  g* gp = pp->gfree;
  pp->gfree = gp->schedlink;
  pp->ngfree--;
  BURROW_DCHECK(gp->status.load(relaxed) == gstatus::dead && gp->flags == 0);
  gp->goid = ++pp->goidnext;
  gp->runid = sched.runid.load(relaxed);
  gp->nosafepoint = 0;
  return gp;
}
inline g* galloc(p* pp) noexcept {
  return pp != nullptr && hasfree(pp) ? gtake(pp) : gallocslow(pp);
}

// gfree makes gp reusable. It must have no stack. gput is the part of it for which there
// is room, and nothing else to do (freefits).
void gfreeslow(p* pp, g* gp) noexcept;
inline constexpr std::uint32_t kFreeMax =
    1024;  // on a p, before half goes back
inline bool freefits(const p* pp, const g* gp) noexcept {
  return gp->name == nullptr && pp->ngfree != kFreeMax;
}
inline void gput(p* pp, g* gp) noexcept {
  gp->ctx.sp = nullptr;
  gp->stackpages = 0;
  gp->schedlink = pp->gfree;
  pp->gfree = gp;
  pp->ngfree++;
}
inline void gfree(p* pp, g* gp) noexcept {
  if (pp == nullptr || !freefits(pp, gp)) [[unlikely]]
    return gfreeslow(pp, gp);
  gput(pp, gp);
}

// setcall makes call(closure) what gp does, wherever the closure is.
inline void setcall(g* gp, void (*call)(void*), void* closure) noexcept {
  gp->invoke = call;
  if (closure == gp->inlineclosure) return;
  struct farcall {
    void (*call)(void*);
    void* closure;
  };
  new (gp->inlineclosure) farcall{call, closure};
  gp->invoke = [](void* here) {
    const farcall far = *static_cast<const farcall*>(here);
    far.call(far.closure);
  };
}

// goroutinemain runs mp->curg, and then others that have not started, on the
// calling stack. In the runtime on entry and on return.
// Returns  the context to go to: nothing runs on this stack any more.
const gocontext* goroutinemain(m* mp);

// joinedmain is goroutinemain for one that is run in place (join.cc).
const gocontext* joinedmain();

}  // namespace burrow::rt
