// runtime/sched/ready.cc - making goroutines runnable, and who is woken for them.
//
// On a p: the newest goes to runnext, which is for the p's own m alone; the one
// that it pushes out is work for others (considerwake). From a thread without a p:
// through the global queue.
//
// No wake-up is lost [SPIN]: when nobody goes on by himself, there is no idle p
// beside a queue of more than one goroutine whose owner computes, nor beside the
// global queue. Model-checked (tests/model), together with wake.cc, findrunnable.cc and
// donate.cc. An owner that keeps its own on purpose (p::keepuntil, 5 ms) is the
// exception, which sysmon ends.
//
// Rejected: a wake-up for each goroutine that is readied. Most are run by the m that
// readied them before another would be awake.

#include "runtime/sched/park.h"
#include "runtime/sched/sched.h"
#include "sys/os.h"

namespace burrow::rt {

// [SPIN] the caller has published work on pp. npidle is read after it in program
// order only; an m that goes idle raises npidle, passes a heavy fence and then
// looks at all queues (findrunnable). Either it sees the work, or we see it.
void considerwake(p* pp) noexcept {
  detail::asymmetric_light();
  if (wakeable() <= 0) [[likely]]
    return;
  if (sched.nmspinning.load(relaxed) != 0) return;
  // A wake-up costs the waker 2 us and comes 20 us later. Where earlier ones
  // found nothing left to do, make fewer; sysmon looks after what is missed.
  if (pp->wakeskip > 0) {
    pp->wakeskip--;
    return;
  }
  pp->wakeskip = pp->wakebackoff;
  if (pp->wakebackoff < 4096) pp->wakebackoff = pp->wakebackoff * 2 + 1;
  wakep();
}

namespace {

// The last one that was readied alone on pp did not run there soon. Now one is in
// runnext: if there are others, too, nothing is known any more.
[[gnu::noinline, gnu::cold]] void wakeforone(p* pp) noexcept {
  const bool alone = queued(pp) == 0;
  pp->wakelone = alone ? pp->wakelone - 1 : 0;
  pp->lone.store(pp->wakelone > 0, relaxed);
  if (!alone) return;
  detail::asymmetric_light();  // pairs with goidle's, as in considerwake
  if (wakeable() > 0) wakep();
}

}  // namespace

void readyg(p* pp, g* gp) noexcept {
  gp->status.store(gstatus::runnable, relaxed);
  g* kicked = pp->runnext.load(relaxed);
  pp->runnext.store(gp, relaxed);
  if (kicked == nullptr) return;
  pp->fifo.pushback(kicked);
  considerwake(pp);
}

namespace {

void readyforeign(g* gp) noexcept {
  // The proxy may be gone as soon as it has seen the store: waking a futex that
  // nobody waits on, or that is unmapped, does nothing.
  gp->parkword.store(1, release);
  sys::futexwakeup(&gp->parkword, 1);
}

[[gnu::noinline, gnu::cold]] void readywithoutp(m* mp, g* gp,
                                                bool yields) noexcept {
  globput(gp);
  leave(mp);
  const g* self = mp->curg;
  // Not where it has said that it keeps its thread, nor in the child of a fork.
  if (yields && self->nosafepoint == 0 && self->syscalls == 0 && !forkedchild)
    goyield();
}

template <bool kYields>
[[gnu::always_inline]] inline void ready(g* gp) noexcept {
  if ((gp->flags & (kGForeign | kGProbed)) != 0) [[unlikely]] {
    if ((gp->flags & kGForeign) != 0) return readyforeign(gp);
    probedready(gp);
  }
  m* mp = getm();
  if (mp == nullptr) return (void)globput(gp);
  // g0: a timer fired; or who has changed maxprocs, and still has its p.
  if (mp->inruntime.load(relaxed) != 0) {
    p* pp = getp(mp);
    return pp != nullptr ? readyg(pp, gp) : (void)globput(gp);
  }
  if (!enter(mp)) [[unlikely]]
    return readywithoutp(mp, gp, kYields);
  p* pp = getp(mp);
  readyg(pp, gp);
  // One goroutine more, and the one that readied it is likely to park soon: not
  // worth a thread. Should it not park, sysmon notices; and for some who are
  // readied after that a thread is woken.
  if (pp->wakelone != 0) [[unlikely]]
    wakeforone(pp);
  leave(mp);
}

}  // namespace

void goready(g* gp) noexcept { ready<false>(gp); }

void goreadyyield(g* gp) noexcept { ready<true>(gp); }

bool globput(g* gp) noexcept {
  {
    const lockguard hold(sched.lock);
    if (runover(gp)) return false;
    // release: a dump that meets a new g of a foreign thread's sees it whole.
    gp->status.store(gstatus::runnable, release);
    sched.runq.push(gp);
    sched.runqn.store(sched.runq.n, relaxed);
  }
  wakep();
  return true;
}

}  // namespace burrow::rt
