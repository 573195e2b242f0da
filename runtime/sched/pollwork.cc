// runtime/sched/pollwork.cc - from the netpoller to the run queues.
//
// The netpoller (runtime/netpoll/netpoll.h) says who can go on; here they become
// runnable: on the p of who has polled, or, where that is nobody's m or an m
// without a p, through the global queue.

#include <algorithm>

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/env.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"

namespace burrow::rt {

namespace {

// An idle m waits in the poller: what comes is its.
bool polledfor() noexcept { return asleepinpoll() != nullptr; }

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

// On the way to the poller others may have the processor (courtesy.h); but while one
// looks for work nobody else is woken to, so not then; nor with a timer that is soon due,
// for nobody can take pp meanwhile. It says whether they might run.
bool letothers(m* mp, p* pp) noexcept {
  constexpr std::int64_t kSoon = 4'000'000;
  if (mp->spinning || !mp->manners.due(netpolltime())) return false;
  const std::int64_t begin = nanotime(), when = pp->ts.minwhen();
  if (when != 0 && when < begin + kSoon) return false;
  sys::osyield();
  const std::int64_t now = nanotime();
  mp->manners.gave(now, now - begin);
  return true;
}

}  // namespace

g* frompoll(p* pp) noexcept {
  m* mp = pp->mp.load(relaxed);
  if (!netpollinuse() || polledfor() || sleepsthere(mp)) return nullptr;
  if (letothers(mp, pp) && polledfor()) return nullptr;
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

bool askon(m* mp, std::int64_t& ns, gqueue& ready) noexcept {
  const std::int64_t most = debugvar.pollspin.load(relaxed);
  if (most == 0 || (ns >= 0 && ns < 2 * most) || !mp->asking.ask())
    return false;
  const std::int64_t begin = nanotime();
  std::int64_t asked = 0;
  for (; ready.n == 0 && asked < most; asked = nanotime() - begin) {
    netpoll(0, ready);
    if (mp->park.signaled()) return true;
  }
  mp->asking.found(ready.n > 0);
  if (ns > 0) ns = std::max<std::int64_t>(ns - asked, 0);
  return ready.n > 0;
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

void dropover(gqueue& ready) noexcept {
  gqueue kept;
  while (g* gp = ready.pop())
    if (!runover(gp)) kept.push(gp);
  ready = kept;
}

void globglist(gqueue& ready) noexcept {
  dropover(ready);
  while (g* gp = ready.pop()) {
    gp->status.store(gstatus::runnable, release);  // as globput
    sched.runq.push(gp);
  }
  sched.runqn.store(sched.runq.n, relaxed);
}

void pokebusy() noexcept {
  for (int i = 0; i < numprocs(); i++)
    allp[i]->attention.fetch_or(kAttnLook, relaxed);
}

void pollbesides(std::int64_t now) noexcept {
  constexpr std::int64_t kWhile = 1'000'000;
  if (!netpollinuse() || polledfor() || now - netpolltime() < kWhile) return;
  wakeinanycase();  // who finds nothing to do becomes the poller
}

bool sysmonpoll(std::int64_t now) noexcept {
  constexpr std::int64_t kLongAgo = 10'000'000;
  if (!netpollinuse() || polledfor() || now - netpolltime() < kLongAgo)
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
