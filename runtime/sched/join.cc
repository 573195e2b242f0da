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
// anybody is in fifo, the 64th. Before such a one gp gives others a turn, itself next
// after them, and neither waits nor is released: to park there made all who wait for
// each other in place park, one after the other, and their wait groups shared. The way
// back from a child that has ended is no decision.
//
// Rejected: the child on the waiter's own stack, as a call. It may park, and with it
// the waiter, who may be what it waits for.

#include "burrow/detail/ownedcount.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/pick.h"
#include "runtime/sched/sched.h"

namespace burrow::rt {

namespace {

// Others may end the wait meanwhile, or a child count for many: after so many decisions
// the caller looks again. A power of two.
constexpr std::uint64_t kAtOnce = 64;

// ofothers says whether decision t belongs to others than who is run in place, and
// there may be some; forothers, whether there is any reason to let them have this one.
inline bool ofothers(const p* pp, std::uint64_t t) noexcept {
  static_assert(kG0Tick % kFifoTick == 0);
  if (t % kFifoTick != 0) return false;
  return !pp->fifo.empty() ||
         (t % kG0Tick == 0 && (pp->lifo.size() > 1 || pp->ts.minwhen() != 0 ||
                               sched.runqn.load(relaxed) != 0));
}
inline bool forothers(const p* pp, std::uint64_t t) noexcept {
  return ofothers(pp, t) || pp->attention.load(relaxed) != 0;
}

// ownchild is the child that gp may run in place, still in pp's queue; null: none.
[[gnu::always_inline]] inline g* ownchild(const p* pp, const g* gp) noexcept {
  if (pp->runnext.load(relaxed) != nullptr) return nullptr;
  g* child = pp->lifo.peekback();
  if (child == nullptr) return nullptr;
  BURROW_DCHECK(child->ctx.sp == nullptr);
  if (child->parentgoid != gp->goid || child->stackpages != 0 ||
      child->flags != 0)
    return nullptr;
  return child;
}

// take makes child, from ownchild, one that runs in place of gp, by decision t.
inline void take(p* pp, g* gp, g* child, std::uint64_t t) noexcept {
  pp->tick.store(t, relaxed);
  pp->lifo.dropback();
  child->outer = gp;
  child->flags = kGJoined;
}

// goon is the end of a time in which something else ran on mp than what does now.
inline void goon(m* mp) noexcept {
  g* gp = mp->curg;
  gp->status.store(gstatus::running, relaxed);
  if ((gp->flags & kGJoined) != 0) getp(mp)->injoin.store(true, relaxed);
  leave(mp);
}

// giveturn leaves a decision to others, or gives the hungry their part, before gp runs
// its child. gp stays in place of its own outer, if it is that: it is runnable, and
// runs next.
[[gnu::noinline]] void giveturn(m* mp, g* gp) noexcept {
  mp->leftfor = nullptr;
  gp->status.store(gstatus::runnable, relaxed);
  getp(mp)->runnext.store(gp, relaxed);
  g* next = picknext(mp);
  if (next != gp) mp = gogo(mp, gp, next != nullptr ? next : &mp->g0);
  goon(mp);
}

[[gnu::always_inline]] inline bool join(std::int64_t least,
                                        waitreason why) noexcept {
  m* mp = getm();
  if (mp == nullptr) return false;
  if (!enter(mp)) {
    leave(mp);
    return false;
  }
  p* pp = getp(mp);
  g* gp = mp->curg;
  g* child = (gp->flags & kGLocked) == 0 ? ownchild(pp, gp) : nullptr;
  const std::uint32_t attention = pp->attention.load(relaxed);
  if (child == nullptr || (attention & ~kAttnHungry) != 0) {
    leave(mp);
    return false;
  }
  const std::uint64_t t = pp->tick.load(relaxed) + 1;
  // Of one child alone the hungry get nothing.
  if (ofothers(pp, t) || (attention != 0 && queued(pp) > 1)) [[unlikely]] {
    giveturn(mp, gp);
    return true;
  }
  take(pp, gp, child, t);
  gp->joinleft = static_cast<std::uint16_t>(least);  // of more: any number does
  gp->why = why;
  gp->waitsince = sched.clock.load(relaxed);
  gp->status.store(gstatus::waiting, release);  // as gopark
  pp->injoin.store(true, relaxed);
  mp = gogonew(mp, gp, child, stackfromcache(pp), joinedmain);
  // The child may have released gp, who goes on run in place, and perhaps elsewhere.
  goon(mp);
  return true;
}

}  // namespace

bool joinchild(std::int64_t least, waitreason why) noexcept {
  return join(least, why);
}

std::int64_t joincounted(const detail::ownedcount& count, std::int64_t n,
                         waitreason why) noexcept {
  while (n > 0 && join(n, why)) n = count.sumown();
  return n;
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
    p* pp = getp(mp);
    const std::uint64_t t = pp->tick.load(relaxed) + 1;
    g* next = t % kAtOnce != 0 ? ownchild(pp, outer) : nullptr;
    if (next != nullptr && !forothers(pp, t)) {
      gp->flags &= static_cast<std::uint8_t>(~kGJoined);
      take(pp, outer, next, t);
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
