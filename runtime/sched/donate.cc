// runtime/sched/donate.cc - what the owner of a p gives to those who look for work.
//
// Asked (kAttnHungry), an owner gives some of what it has to the global queue at its
// next scheduling point; or nothing, where more processors would only be in each
// other's way (fewtalk). Then it is left alone for kKeepNs, except if it does not come
// by while goroutines wait (stalker, sysmon).
//
// A crowd, whose goroutines meet at spinlocks, is seen only while it is apart. So it is
// tried together, and let apart when that is asked for again and turns are not as much
// shorter as there were processors at work: of four senders and four receivers of one
// channel an item took 45 ns apart and takes 17 so; on one p 4. Measured on two
// processors; with more, all of them have to be worth less than one before it is kept.
//
// Rejected: to count what is sent and received. It would cost a tenth of an operation.

#include <algorithm>

#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kKeepNs = 5'000'000;  // nothing is given then

// talk says that those in pp's queue, or the oldest of them at least, wait for each
// other, not for time or the world; nor have they yielded.
bool talk(const p* pp) noexcept {
  if (!pp->lifo.empty() || pp->fifo.empty()) return false;
  const waitreason why = pp->fifo.peek(0)->why;
  return why >= waitreason::chan_receive && why <= waitreason::cond &&
         why != waitreason::sleep;
}

// goeson says that a crowd, tried together since it was asked for, is better off so.
bool goeson(p* pp, std::uint64_t took, std::uint64_t turns,
            std::int64_t now) noexcept {
  if (pp->bound == 0) return false;
  const bool better = took < (turns + 1) * pp->bound;
  if (better && pp->keepuntil.load(relaxed) > now) return true;
  if (!better) pp->triedat = now;
  pp->bound = 0;
  return false;
}

// crowded says that they have found a spinlock taken every 4 us, and waited up to a us
// each time; and so are tried together.
bool crowded(p* pp, std::uint64_t took, std::uint64_t turns,
             std::uint64_t waits, std::int64_t now) noexcept {
  constexpr std::uint64_t kTurns = 4;  // to judge by
  if (turns < kTurns || took > waits * (sys::ticks16us() / 4) ||
      now - pp->triedat < kKeepNs)
    return false;
  // The one who asks was at work, too.
  const auto busy = static_cast<std::uint64_t>(
      std::max(numprocs() - sched.npidle.load(relaxed), 2));
  pp->bound = took / (turns * busy) + 1;
  return true;
}

// fewtalk says whether pp has nobody but some, of the `have` there are, who are better
// off on one processor: they wake each other every half a microsecond at most, so that
// each of them runs within 4 of them, and apart would wait for lines of memory, and each
// other, longer; or crowded. Then nobody need ask for it for a while; an m would else
// look for ever.
bool fewtalk(p* pp, std::uint32_t have) noexcept {
  if (!talk(pp)) return false;
  const std::int64_t now = nanotime();
  const std::uint64_t ticks = sys::cputicks(), tick = pp->tick.load(relaxed);
  const std::uint64_t took = ticks - pp->askedat, turns = tick - pp->askedtick;
  if (goeson(pp, took, turns, now)) return true;
  const std::uint64_t waits = pp->lockwaits.load(relaxed);
  pp->lockwaits.store(0, relaxed);
  pp->askedat = ticks;
  pp->askedtick = tick;
  const std::uint64_t us4 = turns * (sys::ticks16us() / 4);
  if ((took >= us4 / 8 || took * have >= us4) &&
      !crowded(pp, took, turns, waits, now))
    return false;
  pp->keepuntil.store(now + kKeepNs, relaxed);
  return true;
}

}  // namespace

void lockwaited() noexcept {
  m* mp = getm();
  p* pp = mp != nullptr ? getp(mp) : nullptr;
  if (pp == nullptr) return;
  // A goroutine may lose its p here, and store an old count: it is a hint.
  pp->lockwaits.store(pp->lockwaits.load(relaxed) + 1, relaxed);
}

// donate gives some of pp's goroutines, oldest first, to the global queue: two for each
// who wants some, for the oldest may be the root of nearly all that is left, and those
// who wait for what is given wait for another thread. Who is soon back was given too
// little: twice as much then, up to half of what there is.
void donate(p* pp) noexcept {
  constexpr std::uint64_t kSoon = 512;  // decisions
  const std::uint32_t have =
      queued(pp) + (pp->runnext.load(relaxed) != nullptr ? 1 : 0);
  if (have < 2) return;
  if (fewtalk(pp, have)) return;
  keepnone(pp);
  const std::uint64_t t = pp->tick.load(relaxed);
  std::uint32_t give = t - pp->gavetick < kSoon ? pp->gave * 2 : pp->gave / 2;
  pp->gavetick = t;
  give = std::min(std::max({give, 2 * wanting(), 1u}), have / 2);
  pp->gave = give;
  gqueue out;
  for (; give > 0 && !pp->lifo.empty(); give--) out.push(pp->lifo.popfront());
  for (; give > 0 && !pp->fifo.empty(); give--) out.push(pp->fifo.popfront());
  pp->wakeskip = pp->wakebackoff = 0;
  pp->nsteal.add(out.n);
  {
    const lockguard hold(sched.lock);
    while (g* gp = out.pop()) sched.runq.push(gp);
    sched.runqn.store(sched.runq.n, relaxed);
  }
  wakep();
}

}  // namespace burrow::rt
