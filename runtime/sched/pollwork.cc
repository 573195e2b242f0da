// runtime/sched/pollwork.cc - from the netpoller to the run queues.
//
// The netpoller (runtime/netpoll/netpoll.h) says who can go on; here they become
// runnable: on the p of who has polled, or, where that is nobody's m or an m
// without a p, through the global queue.

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"

namespace burrow::rt {

namespace {

// An idle m waits in the poller: what comes is its.
bool polledfor() noexcept {
  const m* x = sched.pollm.load(acquire);  // with it the m, set up
  return x != nullptr && x->inpoll.load(relaxed);
}

// Who asks in vain, and then sleeps in the poller, has asked twice: with one connection
// that is a system call of four. So an m that has asked in vain so often, and will be
// the poller, goes there at once; but if it found other work on the way, it asks again,
// and now and then all the same.
bool sleepsthere(m* mp) noexcept {
  constexpr std::uint32_t kOften = 8, kNowAndThen = 64;
  if (mp->unasked) mp->vainpolls = 0;
  mp->unasked = mp->vainpolls >= kOften && ++mp->vainpolls % kNowAndThen != 0 &&
                sched.pollm.load(relaxed) == nullptr &&
                sched.npidle.load(relaxed) == numprocs() - 1;
  return mp->unasked;
}

}  // namespace

g* frompoll(p* pp) noexcept {
  m* mp = pp->mp.load(relaxed);
  if (!netpollinuse() || polledfor() || sleepsthere(mp)) return nullptr;
  gqueue ready;
  netpoll(0, ready);
  g* first = ready.pop();
  if (first == nullptr) {
    mp->vainpolls++;
    return nullptr;
  }
  mp->vainpolls = 0;
  first->status.store(gstatus::runnable, relaxed);
  ownglist(pp, ready, 0);
  return first;
}

void ownglist(p* pp, gqueue& ready, std::uint32_t mine) noexcept {
  const bool help = ready.n > mine;
  // It might have found some without a sleep.
  if (help) pp->mp.load(relaxed)->vainpolls = 0;
  while (g* gp = ready.pop()) {
    gp->status.store(gstatus::runnable, relaxed);
    pp->fifo.pushback(gp);
  }
  if (help) considerwake(pp);
}

void globglist(gqueue& ready) noexcept {
  while (g* gp = ready.pop()) {
    if (runover(gp)) continue;
    gp->status.store(gstatus::runnable, release);  // as globput
    sched.runq.push(gp);
  }
  sched.runqn.store(sched.runq.n, relaxed);
}

void pokebusy() noexcept {
  for (int i = 0; i < numprocs(); i++)
    allp[i]->attention.fetch_or(kAttnLook, relaxed);
}

bool sysmonpoll(std::int64_t now) noexcept {
  constexpr std::int64_t kLongAgo = 10'000'000;
  if (!netpollinuse() || polledfor() || netpollage(now) < kLongAgo)
    return false;
  gqueue ready;
  netpoll(0, ready);
  if (ready.n == 0) return false;
  {
    const lockguard hold(sched.lock);
    globglist(ready);
  }
  wakep();
  pokebusy();
  return true;
}

}  // namespace burrow::rt
