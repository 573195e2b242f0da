// runtime/sched/sysmon.cc - the thread that watches the others.
//
// It has no p and is no m. While anything runs it looks around every 20 us at
// first, up to every 10 ms when it has had nothing to do for a while (1 ms while
// some ps are idle and others are not); when nothing at all has run for over 1 ms
// it sleeps until something does, without a single system call. A server is idle
// for a moment after each request: that is no reason to sleep, for it would have to
// wake sysmon for the next, nor to look more often. Each look costs some 10 us of
// processor time where sysmon has no processor of its own. It
//   - wakes an m for work that waits in the queue of a p while another p is
//     idle (the owner only wakes for more than one goroutine: considerwake)
//   - tells a p that its timers are due, or that the global queue waits, or gets
//     an m for them; asks the netpoller if nobody has for 10 ms, and beside who
//     computes for 1 ms lets an idle m do so
//   - gives back the memory of stacks that have been free for a while
//   - asks a goroutine that has been in user code for 10 ms while others wait to
//     yield at its next safepoint (safepoint.cc), if it has any
//   - makes who runs such a one in place (join.cc) runnable
//   - lets ms have the ps above processors where others block theirs (spareps.cc)
//   - takes the p from one that did not, in a blocking call or computing, and
//     hands it on; at once, if a timer is due: whoever sleeps has waited already
//
// A goroutine that computes without its p loses nothing: it has its thread. So
// timers are as punctual beside one that computes as the system is.

#include "runtime/diag/print.h"
#include "runtime/sched/env.h"
#include "runtime/sched/owning.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kMinTick = 20'000;
constexpr std::int64_t kMaxTick = 10'000'000;
constexpr std::int64_t kMaxTickIdlep = 1'000'000;
constexpr std::int64_t kSlice = 10'000'000;
constexpr std::int64_t kTimerSlice = 50'000;
constexpr std::int64_t kComputes = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kPatientRounds = 50, kFreshRounds = 10;
constexpr int kIdleRounds = 5;  // of 20, 40 ... 640 us, then sleep

bool waits(const p* pp) noexcept {
  return queued(pp) > 0 || pp->runnext.load(relaxed) != nullptr ||
         sched.runqn.load(relaxed) > 0;
}

// How many ms run a goroutine that has lost its p, and do not say that they
// block. sched.lock held.
std::int64_t counthogs() noexcept {
  std::int64_t n = 0;
  for (const m* x = sched.allm.load(relaxed); x != nullptr; x = x->alllink)
    if (x->live && !x->idle && !x->lockedwait &&
        x->syscalltick.load(relaxed) % 2 == 0)
      n++;
  return n - numprocs();
}

// These are bounded: each is a thread.
bool toomany() noexcept {
  const std::int64_t most = debugvar.maxhogs.load(relaxed);
  {
    const lockguard hold(sched.lock);
    const int awake = sched.mcount - sched.nmidle - sched.nmidlelocked;
    if (awake <= numprocs() + most || counthogs() <= most) return false;
  }
  static bool said = false;
  if (!said) {
    said = true;
    printer(2)
        .str("burrow: ")
        .dec(most)
        .str(
            " goroutines compute or block their threads beside maxprocs; "
            "others wait now (BURROW_DEBUG=maxhogs)\n");
  }
  return true;
}

// Takes pp from a goroutine in user code, which n counts. The world may be about
// to stop, or the run to end: then those who do that want the p.
bool take(p* pp, counter p::*n) noexcept {
  if (!tryseize(pp)) return false;
  if (sched.stopping.load(acquire) || sched.ending.load(acquire)) {
    releaseseized(pp);
    return false;
  }
  takep(pp);
  (pp->*n).add();
  handoffp(pp);
  return true;
}

// Takes pp from a goroutine that has had it for a whole slice.
bool retake(p* pp) noexcept {
  return !debugvar.asyncpreemptoff.load(relaxed) && !toomany() &&
         take(pp, &p::npreempt);
}

// Takes pp from a goroutine that says that it may block, if it has been in the
// same call since pp was looked at last, and somebody waits or it is long.
bool retakesyscall(p* pp, std::int64_t now, bool work) noexcept {
  const m* mp = pp->mp.load(acquire);
  const std::uint64_t t = mp != nullptr ? mp->syscalltick.load(relaxed) : 0;
  if (t % 2 == 0) return false;
  if (pp->monsyscall != t) {
    pp->monsyscall = t;
    pp->monsyscallwhen = now;
    return work;  // look again soon
  }
  return (work || now - pp->monsyscallwhen >= kSlice) && take(pp, &p::nhandoff);
}

// Asks the goroutine on pp to yield where it can.
void preempt(p* pp) noexcept {
  pp->attention.fetch_or(kAttnPreempt, relaxed);
  if (m* mp = pp->mp.load(acquire); mp != nullptr) askyield(mp);
}

// checkslice looks after a p that has made no scheduling decision since it was
// looked at last. work: goroutines wait; due: so does a timer, and nobody else
// can run it.
bool checkslice(p* pp, std::int64_t now, bool work, bool due) noexcept {
  const std::int64_t ran = now - pp->monwhen;
  if (due && ran >= kTimerSlice) {
    preempt(pp);
    return retake(pp);
  }
  if (!work || ran < kSlice) return false;
  if (!pp->monasked) {
    pp->monasked = true;
    preempt(pp);
    return true;
  }
  // Where there are spare ps, sysmon looks oftener, and who blocks has one of those.
  if (sched.nspare.load(relaxed) > 0 && ran < 2 * kSlice) return false;
  return retake(pp);
}

// checkp looks after one running p; true: there was something to do. arrived: the
// netpoller has brought goroutines, which have waited already.
bool checkp(p* pp, std::int64_t now, bool arrived) noexcept {
  bool did = false;
  const std::uint64_t t = pp->tick.load(relaxed);
  const std::int64_t when = pp->ts.minwhen();
  const bool due = when != 0 && when <= now;
  if (due || sched.runqn.load(relaxed) > 0)
    pp->attention.fetch_or(kAttnLook, relaxed);
  const bool idlep = wakeable() > 0;
  if (idlep && queued(pp) > 1 && pp->keepuntil.load(relaxed) <= now) {
    wakep();
    did = true;
  }
  const std::uint32_t a = pp->nacquire.load(relaxed);
  if (pp->montick != t || pp->monacquire != a) {
    pp->montick = t;
    pp->monacquire = a;
    pp->monwhen = now;
    pp->monasked = false;
    return did;
  }
  if (now - pp->monwhen >= kComputes) pollbesides(now);
  // Who runs a child in place is on no queue; its wait may be over.
  if (pp->injoin.load(relaxed) && now - pp->monwhen >= kSlice)
    did = freejoin(pp) || did;
  const bool work = waits(pp);
  if (retakesyscall(pp, now, work || due || arrived)) return true;
  if (work && idlep) {
    wakep();
    did = true;
  }
  const bool late =
      (due && sched.npidle.load(relaxed) == 0) || (arrived && !idlep);
  return checkslice(pp, now, work || due, late) || did;
}

bool checkall(std::int64_t now) noexcept {
  lookatspare(now);
  bool did = sysmonpoll(now);
  const bool arrived = did;
  const int n = numprocs();
  for (int i = 0; i < n; i++)
    if (allp[i]->status.load(relaxed) == pstatus::running)
      did = checkp(allp[i], now, arrived) || did;
  if (const std::int64_t next = timertowatch(); next != 0 && next <= now)
    wakeinanycase();
  if (sched.runqn.load(relaxed) > 0) wakep();
  return did;
}

bool allidle() noexcept {
  return sched.npidle.load(relaxed) == numprocs() &&
         sched.runqn.load(relaxed) == 0;
}

// A number that changes when a p is taken.
std::uint32_t activity() noexcept {
  std::uint32_t n = 0;
  for (int i = 0; i < numprocs(); i++) n += allp[i]->nacquire.load(relaxed);
  return n;
}

// What is done once a second.
void housekeep(std::int64_t now) noexcept {
  static std::int64_t last = 0;
  if (now - last < kSecond) return;
  last = now;
  stacktrim();
  owningagain();
}

// Sleeps until a p leaves the idle list, if none is off it. After a second of
// idleness the memory of all free stacks is given back.
void sleepidle() noexcept {
  {
    const lockguard hold(sched.lock);
    if (!allidle()) return;
    sched.sysmonnote.clear();
    sched.sysmonwait.store(1, relaxed);
  }
  if (sched.sysmonnote.sleep(kSecond)) return;
  stacktrim();
  stacktrim();  // the second pass takes all that are still free
  sched.sysmonnote.sleep(-1);
}

std::int64_t nexttick(std::int64_t tick, int quiet, int idle) noexcept {
  if (quiet == 0) return kMinTick;
  if (quiet > kPatientRounds || idle > 0) tick *= 2;
  const std::int32_t nidle = sched.npidle.load(relaxed);
  const std::int64_t most =
      nidle > 0 && numprocs() > 1 ? kMaxTickIdlep : kMaxTick;
  return tick < most ? tick : most;
}

void sysmon(void*) {
  sigfaultsonly(0);
  std::int64_t tick = kMinTick;
  int quiet = 0;  // looks in a row that found nothing to do
  int idle = 0;   // ... and nobody has run since the one before, either
  std::uint32_t seen = 0;
  for (;;) {
    std::int64_t sleep = tick;
    if (const std::int64_t next = timertowatch(); next != 0) {
      const std::int64_t left = next - nanotime();
      if (left < sleep) sleep = left > kMinTick * 5 ? left : kMinTick * 5;
    }
    sys::usleep(static_cast<std::uint32_t>(sleep / 1000));
    const std::int64_t now = nanotime();
    sched.clock.store(now, relaxed);
    housekeep(now);
    const std::int64_t tracems = debugvar.schedtracems.load(relaxed);
    if (tracems > 0) schedtrace(now, tracems);
    const std::uint32_t taken = activity();
    idle = allidle() && taken == seen ? idle + 1 : 0;
    seen = taken;
    if (idle > kIdleRounds && tracems == 0) {
      sleepidle();
      idle = 0;
      quiet = kPatientRounds - kFreshRounds;  // it has found nothing for long
      tick = kMinTick;
      continue;
    }
    quiet = checkall(now) ? 0 : quiet + 1;
    tick = nexttick(tick, quiet, idle);
  }
}

}  // namespace

void startsysmon() noexcept {
  {
    const lockguard hold(sched.lock);
    if (sched.sysmonstarted) return;
    sched.sysmonstarted = true;
  }
  // Without it a program still runs: only hogs are not found.
  if (newthreadblocked(sysmon, nullptr, std::size_t{64} << 10) >= 0) return;
  const lockguard hold(sched.lock);
  sched.sysmonstarted = false;
}

void wakesysmon() noexcept {
  if (sched.sysmonwait.load(relaxed) == 0) return;
  sched.sysmonwait.store(0, relaxed);
  sched.sysmonnote.wakeup();
}

}  // namespace burrow::rt
