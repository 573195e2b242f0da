// runtime/sched/join.cc - who waits for goroutines to end runs one of them in place.
//
// A join finds the child that the caller started last, still not started, at the end
// of its p's lifo. It switches to the child without being queued for what it waits
// for, and the child, when it ends, switches straight back (goend): no lock, no
// sudog, no turn through the queues. The caller says how many have to end at least;
// so many run one after the other, each on the stack of the last, before it looks
// again. In the end it parks as everybody does.
//
//   child, kGJoined      its g::outer waits for it so
//   outer                gstatus waiting, on no queue: the child's m owns it
//
// Whatever else the child does than to end - park, yield, lock its thread, lose its
// p - first makes outer runnable (releasejoin): from then on nothing is owed. So a
// wait that others have ended while the child runs is noticed when the child gives
// way; at the latest sysmon makes outer runnable after a slice (p::injoin), whether
// or not the p may be taken then. A goroutine without a p never is kGJoined, unless
// its run is over.
//
// No decision that belongs to others (schedule.cc) is used for a child: the 16th if
// anybody is in fifo, the 64th. The way back from one that has ended is no decision.
//
// Rejected: the child on the waiter's own stack, as a call. It may park, and with it
// the waiter, who may be what it waits for.

#include "runtime/sched/sched.h"

namespace burrow::rt {

namespace {

// Others may end the wait meanwhile, or a child count for many.
constexpr std::int64_t kAtOnce = 64;

// forothers says whether decision t is not for who is run in place.
inline bool forothers(const p* pp, std::uint64_t t) noexcept {
  static_assert(kG0Tick % kFifoTick == 0);
  return (t % kFifoTick == 0 && (t % kG0Tick == 0 || !pp->fifo.empty())) ||
         pp->attention.load(relaxed) != 0;
}

// startable takes the child that gp may run in place from pp's queue; null: none, or
// it is time for somebody else. One scheduling decision, if it says yes.
g* startable(p* pp, g* gp) noexcept {
  if (pp->runnext.load(relaxed) != nullptr || pp->lifo.empty()) return nullptr;
  g* child = pp->lifo.peekback();
  if (child->parentgoid != gp->goid || child->ctx.sp != nullptr ||
      child->stackpages != 0 || child->flags != 0)
    return nullptr;
  const std::uint64_t t = pp->tick.load(relaxed) + 1;
  if (forothers(pp, t)) return nullptr;
  pp->tick.store(t, relaxed);
  pp->lifo.popback();
  child->outer = gp;
  child->flags = kGJoined;
  return child;
}

}  // namespace

bool joinchild(std::int64_t least, waitreason why) noexcept {
  m* mp = getm();
  if (mp == nullptr) return false;
  if (!enter(mp)) {
    leave(mp);
    return false;
  }
  p* pp = getp(mp);
  g* gp = mp->curg;
  g* child = (gp->flags & kGLocked) == 0 ? startable(pp, gp) : nullptr;
  if (child == nullptr) {
    leave(mp);
    return false;
  }
  gp->joinleft = static_cast<std::uint32_t>(least < kAtOnce ? least : kAtOnce);
  gp->why = why;
  gp->waitsince = sched.clock.load(relaxed);
  gp->status.store(gstatus::waiting, release);  // as gopark
  pp->injoin.store(true, relaxed);
  mp = gogonew(mp, gp, child, stackalloc(pp, 0));
  gp->status.store(gstatus::running, relaxed);
  // The child may have released gp, who goes on run in place, and perhaps elsewhere.
  if ((gp->flags & kGJoined) != 0) getp(mp)->injoin.store(true, relaxed);
  leave(mp);
  return true;
}

g* unjoin(g* gp) noexcept {
  g* outer = gp->outer;
  gp->flags &= static_cast<std::uint8_t>(~kGJoined);
  outer->status.store(gstatus::runnable, relaxed);
  return outer;
}

void releasejoin(p* pp, g* gp) noexcept {
  pp->injoin.store(false, relaxed);
  if ((gp->flags & kGJoined) == 0) return;
  g* outer = unjoin(gp);
  if (pp->runnext.load(relaxed) == nullptr) {
    pp->runnext.store(outer, relaxed);
  } else {
    pp->fifo.pushback(outer);
  }
}

g* endjoined(m* mp, g* gp) noexcept {
  g* outer = gp->outer;
  if (outer->joinleft > 1) {
    outer->joinleft--;
    if (g* next = startable(getp(mp), outer); next != nullptr) {
      gp->flags &= static_cast<std::uint8_t>(~kGJoined);
      return next;
    }
  }
  return unjoin(gp);
}

g* backtojoin(m* mp, g* gp) noexcept {
  p* pp = getp(mp);
  const std::uint64_t t = pp->tick.load(relaxed) + 1;
  pp->tick.store(t, relaxed);
  if (!forothers(pp, t)) [[likely]]
    return unjoin(gp);
  releasejoin(pp, gp);
  return nullptr;
}

void takep(p* pp) noexcept {
  releasejoin(pp, pp->mp.load(relaxed)->curg);
  takeseized(pp);
}

bool freejoin(p* pp) noexcept {
  if (!tryseize(pp)) return false;
  releasejoin(pp, pp->mp.load(relaxed)->curg);
  releaseseized(pp);
  return true;
}

}  // namespace burrow::rt
