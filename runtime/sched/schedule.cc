// runtime/sched/schedule.cc - choosing what runs next.
//
// A p keeps its runnable goroutines in three places:
//   runnext  the one that was readied last: most likely the partner of the
//            goroutine that is about to park
//   lifo     new goroutines, newest first: a tree of them is run depth first,
//            so few stacks are live (breadth first costs gigabytes)
//   fifo     those that yielded, and those pushed out of runnext; before them, for some
//            time, whom timers woke (overtake in findrunnable.cc)
// Nothing starves: every 16th decision looks at fifo first, every 64th goes
// through g0, which looks at the global queue and at the timers, and takes the oldest
// of lifo if that has been it for a ms, or none was taken since the last time. So
// whoever waits here moves on with every 64 switches at least, or of those that have
// not started somebody. (Then the count jumps by 3, for 61 is prime: what happens at a
// 64th falls on all who take turns, and not always on the same.)
//
// Rejected: one FIFO for all, as Go has. Its fork-join programs keep a frontier
// of a million live goroutines, each with a touched page of stack. Also rejected: the
// oldest of lifo at every 64th decision. It is the root of the largest tree that has
// not started; mixed with the one that runs, both wait for each other's children to
// be done with, and park (join.cc): a tenth of all waits did.

#include "runtime/sched/pick.h"
#include "runtime/sched/sched.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::uint32_t kG0Jump = 3;

// mp, on g0, may have come here from a goroutine that had lost its p.
inline void droptaken(m* mp) noexcept {
  if (mp->claim.load(acquire) != kClaimTaken) return;
  // The end of a run counts as a zombie whose claim it finds taken: both under
  // one lock, or it counts an m that is no longer one.
  const lockguard hold(sched.lock);
  mp->pp.store(nullptr, relaxed);
  // release: a dump that finds it so (seizedg) sees the park complete.
  mp->claim.store(kClaimNone, release);
  if (!mp->zombie) return;
  mp->zombie = false;
  sched.nmzombie--;
}

inline void jump(p* pp) noexcept {
  pp->tick.store(pp->tick.load(relaxed) + kG0Jump, relaxed);
  pp->njump.add(kG0Jump);
}

// An m that was looking for work has found some: somebody else may look now,
// for there may be more.
inline void stopspinning(m* mp) noexcept {
  mp->spinning = false;
  sched.nmspinning.fetch_sub(1, relaxed);
  wakep();
}

// chooseg returns what mp runs next; null: mp has to leave schedule.
g* chooseg(m* mp) noexcept {
  if (mp->lockedg != nullptr) {
    stoplockedm(mp);
    return getp(mp) != nullptr ? mp->lockedg : nullptr;
  }
  g* gp = mp->picked;
  mp->picked = nullptr;
  return gp != nullptr ? gp : findrunnable(mp);
}

// overdue takes the oldest of lifo if it has been that for 64 times 16 us, or if none of
// lifo was taken since the last time; null: none. Called at every 64th decision.
g* overdue(p* pp) noexcept {
  const std::uint64_t taken = pp->nstarted.n.load(relaxed) - pp->lifo.size();
  const bool moves = taken != pp->lifotaken;
  pp->lifotaken = taken;
  if (pp->lifo.empty()) return nullptr;
  const g* gp = pp->lifo.peek(0);
  if (moves) {
    const std::uint64_t now = sys::cputicks();
    if (gp != pp->oldest) {
      pp->oldest = gp;
      pp->oldestsince = now;
      return nullptr;
    }
    if (now - pp->oldestsince < 64 * sys::ticks16us()) return nullptr;
  }
  pp->oldest = nullptr;
  pp->lifotaken++;
  return pp->lifo.popfront();
}

}  // namespace

g* localnext(p* pp) noexcept {
  const std::uint64_t t = pp->tick.load(relaxed);
  if (t % kG0Tick == 0)
    if (g* gp = overdue(pp); gp != nullptr) return gp;
  if (t % kFifoTick == 0 && !pp->fifo.empty()) return pp->fifo.popfront();
  return newest(pp);
}

void schedule(m* mp) noexcept {
  for (;;) {
    droptaken(mp);
    if (mp->exiting) {
      if (getp(mp) != nullptr) handoffp(releasep(mp));
      return;
    }
    if (mp->ism0 && sched.ending.load(acquire)) return;
    g* gp = chooseg(mp);
    if (gp == nullptr) continue;
    if (mp->spinning) stopspinning(mp);
    if (gp->lockedm != nullptr && gp->lockedm != mp) {
      startlockedm(mp, gp);
      continue;
    }
    p* pp = getp(mp);
    if (pp->tick.load(relaxed) % kG0Tick == 0) jump(pp);
    if ((gp->flags & kGProbed) != 0) [[unlikely]]
      probedruns(pp, gp);
    gogo(mp, &mp->g0, gp);
  }
}

}  // namespace burrow::rt
