// runtime/sched/wake.cc - idle ps, idle ms, and who wakes whom.
//
// An m without work gives its p back (findrunnable), goes on the idle list and
// sleeps on its own note. Whoever has work for a p that is idle takes the p off
// the list, hands it to an idle m (nextp) and wakes it, or makes a new m. At most
// one m at a time is woken to look for work (nmspinning 0 to 1); one that finds
// some wakes the next (stopspinning in schedule.cc).
//
// The poller: one of the idle ms sleeps only until the earliest timer of all ps.
//   adder   minwhen = when          poller   polluntil = for ever
//           light fence  [POLL]              heavy fence
//           polluntil > when?                look at every minwhen
//             -> wake the poller             polluntil = earliest; sleep
// Should the poller be taken for other work, the next m that goes idle becomes
// it; meanwhile sysmon watches the timers.
//
// Where descriptors are watched (netpoll.h) the poller sleeps in the system's own
// poller, and brings the goroutines that may go on.
//   waker   note = 1  (seq_cst)          poller   inpoll = true  (seq_cst)
//           inpoll? -> netpollbreak               note = 1? -> do not sleep
// Once it has brought some and there was no idle p to run them, it stands aside
// (pollaside): it minds the timers, on its note. The busy ms ask the system when they
// run out of work, for all there is; it would be woken for each event: with a thousand
// connections on one p a message cost twice as much. It comes back when nobody has
// asked for kStale. The next m that goes idle takes over, under the lock.

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kForever = INT64_MAX;
constexpr std::int64_t kSecond = 1'000'000'000;
// What one ask has brought may keep a p busy for above a ms.
constexpr std::int64_t kStale = 4'000'000, kMostAside = 2 * kStale;

// Takes over from a poller that stands aside. It has set polluntil for the last
// time; what it does when it wakes is under the lock, too.
bool takeover(m* mp) noexcept {
  const lockguard hold(sched.lock);
  if (!sched.pollaside.load(relaxed)) return false;
  sched.pollaside.store(false, relaxed);
  sched.pollm.store(mp, seq_cst);
  return true;
}

bool becomepoller(m* mp) noexcept {
  m* none = nullptr;
  // seq_cst [NETPOLL] pairs with netpollopen.
  if (!sched.pollm.compare_exchange_strong(none, mp, seq_cst, relaxed)) {
    // Set before our p, or another's, went on the idle list, or not at all.
    if (!sched.pollaside.load(relaxed) || !takeover(mp)) return false;
  }
  sched.polluntil.store(kForever, relaxed);
  return true;
}

// After a sleep sched.lock is held: others take over from who stands aside.
void resignpoller(m* mp) noexcept {
  if (sched.pollm.load(relaxed) != mp) return;
  sched.pollaside.store(false, relaxed);
  sched.polluntil.store(0, relaxed);
  sched.pollm.store(nullptr, release);
}

// Whether nobody has a p, under the lock under which whoever takes one next will
// see what we did before.
bool nobodyhasp() noexcept {
  const lockguard hold(sched.lock);
  return sched.npidle.load(relaxed) == numprocs();
}

// The poller's sleep in ns; -1: for ever; 0: a timer is due.
std::int64_t pollsleep() noexcept {
  // [POLL] pairs with wakepoller. Who has no p makes its half of the fence
  // heavy; so ours can be light while nobody has one.
  if (nobodyhasp()) {
    std::atomic_thread_fence(seq_cst);
  } else {
    detail::asymmetric_heavy();
  }
  const std::int64_t next = timertowatch();
  if (next == 0) return -1;
  sched.polluntil.store(next, relaxed);
  const std::int64_t left = next - nanotime();
  return left > 0 ? left : 0;
}

// Tells the busy ps whose timers are due.
void pokedue() noexcept {
  const std::int64_t now = nanotime();
  for (int i = 0; i < numprocs(); i++) {
    const std::int64_t when = allp[i]->ts.minwhen();
    if (when != 0 && when <= now)
      allp[i]->attention.fetch_or(kAttnLook, relaxed);
  }
}

// sleepinpoll is the poller's sleep where descriptors are watched.
void sleepinpoll(m* mp, std::int64_t ns, gqueue& ready) noexcept {
  mp->unasked = false;
  if (askon(mp, ns, ready)) return;
  mp->inpoll.store(true, seq_cst);
  if (!mp->park.signaled()) netpoll(ns, ready);
  mp->inpoll.store(false, relaxed);
}

// stopm sleeps; mp is on the idle list. Off it on return, with a p if one was
// handed over, or if the poller brings work and one is idle. Wake-ups may be
// stray: who removes an m from the list to give it a p sets nextp under the same
// lock.
// True: it has brought work for which there was no p.
bool stopm(m* mp, std::int64_t ns, bool inpoll) noexcept {
  gqueue ready;
  const auto run = sched.runid.load(relaxed);
  if (inpoll)
    sleepinpoll(mp, ns, ready);
  else
    mp->park.sleep(ns);
  sched.clock.store(nanotime(), relaxed);  // sysmon may have slept as long
  p* pp;
  bool given = false;
  {
    const lockguard hold(sched.lock);
    resignpoller(mp);
    midleremove(mp);
    pp = mp->nextp;
    mp->nextp = nullptr;
    mp->park.clear();
    mp->spinning = pp != nullptr && mp->nextspinning;
    const bool stop =
        sched.stopping.load(relaxed) || sched.ending.load(relaxed);
    // Who is idle keeps no run from its end, nor the next from its beginning.
    if (sched.runid.load(relaxed) != run) dropover(ready);
    if (pp == nullptr && ready.n > 0 && !stop) pp = pidleget();
    if (ready.n > 0 && (pp == nullptr || stop)) {
      globglist(ready);
      given = true;
    }
  }
  if (given) pokebusy();
  if (pp == nullptr) return given;
  remask(mp);
  acquirep(mp, pp);
  ownglist(pp, ready, 1);
  return given;
}

// How an m sleeps.
struct sleeping {
  bool useless = false;            // what it has brought found no p
  bool inpoll = false;             // in the system's poller
  std::int64_t patience = kStale;  // aside, until it looks whether others ask
};

// Where the poller sleeps; under the lock.
void choosepoll(m* mp, std::int64_t& ns, sleeping& how) noexcept {
  how.inpoll = false;
  if (sched.pollm.load(relaxed) != mp || !netpollinuse()) return;
  how.inpoll = !how.useless || sched.npidle.load(relaxed) > 0 ||
               nanotime() - netpolltime() >= kStale;
  sched.pollaside.store(!how.inpoll, relaxed);
  if (how.inpoll) {
    how.patience = kStale;
    return;
  }
  if (ns < 0 || ns > how.patience) ns = how.patience;
  if (how.patience < kMostAside) how.patience *= 2;
}

// What idle does under the lock before it sleeps. True: do not sleep.
bool preparesleep(m* mp, std::int64_t& ns, sleeping& how) noexcept {
  const lockguard hold(sched.lock);
  const bool ending = sched.ending.load(relaxed);
  if (mp->ism0 && ending) return true;
  if (sched.runq.n > 0 && wakeable() > 0 && !sched.stopping.load(relaxed) &&
      !ending) {
    if (p* pp = pidleget(); pp != nullptr) {
      acquirep(mp, pp);
      return true;
    }
  }
  midleput(mp);
  if (ns < 0 && checkdead()) ns = kSecond;
  choosepoll(mp, ns, how);
  return false;
}

// No thread can be had. The ms there are go on, and sysmon tries again; but if
// there has been none awake for seconds, nothing ever goes on. sched.lock held.
void nothreads() noexcept {
  constexpr std::int64_t kPatience = 3 * kSecond;
  const std::int64_t now = nanotime();
  if (sched.threadfail.load(relaxed) == 0) sched.threadfail.store(now, relaxed);
  const int awake = sched.mcount - sched.nmidle - sched.nmidlelocked;
  if (awake <= sched.nmzombie &&
      now - sched.threadfail.load(relaxed) > kPatience)
    fatal("cannot make a thread, and none is left to run goroutines");
}

}  // namespace

std::int64_t nanotime() noexcept { return sys::nanotime(); }

namespace {

// The first deadline of all ps; of those at work, ownerstime (ns) later.
std::int64_t firsttimer(std::int64_t ownerstime) noexcept {
  std::int64_t next = 0;
  for (int i = 0; i < numprocs(); i++) {
    std::int64_t when = allp[i]->ts.minwhen();
    if (when == 0) continue;
    if (ownerstime != 0 && allp[i]->status.load(relaxed) == pstatus::running)
      when += ownerstime;
    if (next == 0 || when < next) next = when;
  }
  return next;
}

}  // namespace

std::int64_t earliesttimer() noexcept { return firsttimer(0); }

std::int64_t timertowatch() noexcept {
  const bool exact = sched.nspare.load(relaxed) == 0 || wakeable() > 0;
  return firsttimer(exact ? 0 : kOwnersTime);
}

void wakepoller(std::int64_t when) noexcept {
  const m* self = getm();
  // While somebody asks for the p, his heavy half may lie before our timer: then it
  // is as if we had none.
  const bool havep = self != nullptr && getp(self) != nullptr &&
                     self->claim.load(relaxed) == kClaimNone;
  // [POLL] pairs with pollsleep
  if (havep) {
    detail::asymmetric_light();
  } else {
    std::atomic_thread_fence(seq_cst);
  }
  const std::int64_t until = sched.polluntil.load(relaxed);
  if (until == 0) {
    // Nobody polls. A caller with a p comes by its timers itself.
    if (!havep) wakeinanycase();
    return;
  }
  if (when < until) wakeidlepoller();
}

void wakeidlepoller() noexcept {
  if (m* mp = sched.pollm.load(seq_cst); mp != nullptr) wakem(mp);
}

void wakem(m* mp) noexcept {
  mp->park.wakeup();
  if (mp->inpoll.load(seq_cst)) netpollbreak();
}

bool grabidlep(m* mp) noexcept {
  const lockguard hold(sched.lock);
  if (sched.stopping.load(relaxed) || sched.ending.load(relaxed)) return false;
  p* pp = pidleget();
  if (pp == nullptr) return false;
  acquirep(mp, pp);
  return true;
}

bool idle(m* mp) noexcept {
  sleeping how;
  for (;;) {
    std::int64_t ns = becomepoller(mp) ? pollsleep() : -1;
    if (ns == 0) {
      resignpoller(mp);
      if (grabidlep(mp)) return true;
      pokedue();
      ns = -1;
    }
    if (preparesleep(mp, ns, how)) {
      resignpoller(mp);
    } else if (stopm(mp, ns, how.inpoll)) {
      how.useless = true;
    }
    if (getp(mp) != nullptr) return mp->spinning;
    if (mp->ism0 && sched.ending.load(acquire)) return false;
  }
}

void wakep() noexcept {
  if (wakeable() > 0) wakeinanycase();
}

void wakeinanycase() noexcept {
  if (sched.npidle.load(relaxed) == 0) return;
  std::int32_t none = 0;
  if (sched.nmspinning.load(relaxed) != 0 ||
      !sched.nmspinning.compare_exchange_strong(none, 1, seq_cst, relaxed))
    return;
  p* pp = nullptr;
  {
    const lockguard hold(sched.lock);
    if (!sched.stopping.load(relaxed) && !sched.ending.load(relaxed))
      pp = pidleget();
    // Under the lock: who pushes to the global queue next either finds no idle
    // p, or sees that nobody spins.
    if (pp == nullptr) sched.nmspinning.fetch_sub(1, relaxed);
  }
  if (pp == nullptr) return;
  startm(pp, true);  // takes over the count
}

void startm(p* pp, bool spinning) noexcept {
  m* mp;
  {
    const lockguard hold(sched.lock);
    mp = sched.midle;
    // The poller sleeps with a deadline that somebody has to keep: last choice.
    if (mp != nullptr && mp == sched.pollm.load(relaxed) &&
        mp->schedlink != nullptr)
      mp = mp->schedlink;
    if (mp != nullptr) {
      midleremove(mp);
      mp->nextp = pp;
      mp->nextspinning = spinning;
    }
  }
  if (mp != nullptr) return wakem(mp);
  if (newm(pp, spinning) >= 0) {
    sched.threadfail.store(0, relaxed);
    return;
  }
  // No thread to be had. The ms there are go on; the p waits for one of them.
  if (spinning) sched.nmspinning.fetch_sub(1, relaxed);
  const lockguard hold(sched.lock);
  nothreads();
  if (givestopped(pp)) return;
  while (g* gp = localnext(pp)) sched.runq.push(gp);
  sched.runqn.store(sched.runq.n, relaxed);
  pidleput(pp);
  wakeidlepoller();  // of its timers, too
}

bool givestopped(p* pp) noexcept {
  if (!sched.stopping.load(relaxed)) return false;
  pp->status.store(pstatus::stopped, relaxed);
  if (--sched.nstopwait == 0) sched.stopnote.wakeup();
  return true;
}

void handoffp(p* pp) noexcept {
  const bool work = queued(pp) > 0 || pp->runnext.load(relaxed) != nullptr;
  {
    const lockguard hold(sched.lock);
    if (givestopped(pp)) return;
    if (!work && (sched.runq.n == 0 || onetoomany())) {
      pidleput(pp);
      pp = nullptr;
    }
  }
  if (pp != nullptr) return startm(pp, false);
  const std::int64_t next = earliesttimer();
  if (next == 0 && !netpollinuse()) return;
  // Somebody has to wait for the timers and the descriptors.
  if (sched.pollm.load(relaxed) == nullptr) {
    wakeinanycase();
  } else if (sched.pollaside.load(relaxed)) {
    wakeidlepoller();
  }
  if (next != 0) wakepoller(next);
}

}  // namespace burrow::rt
