// runtime/sched/spareps.cc - how many ps are left idle, there being more than processors.
//
// A maxprocs above the number of processors is for goroutines that block their threads
// and do not say so. While none does, more threads than processors only take turns, and
// one that waits for its turn holds up all who wait for what it was about: 100,000
// senders to one channel paid 20 times as much at 16 ps on two processors as at two. So
// nobody wakes an m for the last ps (sched.nspare), as long as the ms that there are keep
// the processors busy, as their processor time says. If in two windows of 1 ms and more
// they have left half of the processors to others, half as many ps more may have an m.
//
// It is a limit on wake-ups alone (wakeable): who comes back from a system call, and who
// brings goroutines from the poller or is late for a timer, takes any p that is idle; and
// gives it back when its own work is done (onetoomany); its timers it leaves to another
// who is at work (leavetimers).
// [SPIN] holds as it stands, with "more than nspare are idle" for "one is": sysmon, which
// changes the number, looks at all queues next.
//
// It needs sysmon, and that the p of who computes for long is taken: without
// (asyncpreemptoff=1) somebody may compute until another has run, and each has its p.
//
// Rejected: to let go by how long goroutines wait. Where all compute they always do.

#include <algorithm>

#include "runtime/sched/env.h"
#include "runtime/sched/sched.h"
#include "runtime/time/timers.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kWindow = 1'000'000, kWindowPerM = 10'000;

// Ps that there are above processors; written under sched.lock.
std::atomic<std::int32_t> above{0};

// ranfor returns for how many of the last `window` ns mp has run; at most all of them, if
// it has not been looked at for longer.
std::int64_t ranfor(m* mp, std::int64_t window) noexcept {
  const std::int64_t tid = mp->tid.load(relaxed);
  const std::int64_t ran = tid != 0 ? sys::threadtime(tid) : 0;
  const std::int64_t since = ran - mp->monran;
  mp->monran = ran;
  return std::clamp<std::int64_t>(since, 0, window);
}

// kept is ranfor of pp's m; but the whole window if that has not had pp for as long: it
// looked for work, or slept for want of any. The m is a hint: the two may have parted.
std::int64_t kept(p* pp, std::int64_t window) noexcept {
  const std::uint32_t held = pp->nacquire.load(acquire);
  m* mp = pp->mp.load(acquire);
  const bool known = mp != nullptr && held == pp->monheld;
  pp->monheld = held;
  const std::int64_t ran = mp != nullptr ? ranfor(mp, window) : window;
  return known ? ran : window;
}

// unused returns how many of `cpus` processors were left to others for the last `window`
// ns, by those that have a p and those that have lost theirs.
std::int32_t unused(std::int32_t cpus, std::int64_t window) noexcept {
  std::int64_t left = cpus * window + window / 2;
  for (int i = 0; i < numprocs(); i++)
    if (allp[i]->status.load(relaxed) == pstatus::running)
      left -= kept(allp[i], window);
  for (m* x = sched.allm.load(acquire); x != nullptr; x = x->alllink)
    if (x->claim.load(relaxed) == kClaimTaken) left -= ranfor(x, window);
  return static_cast<std::int32_t>(std::max<std::int64_t>(left, 0) / window);
}

}  // namespace

void leavetimers(p* pp) noexcept {
  const std::int64_t when = pp->ts.minwhen();
  if (when == 0 || !onetoomany()) return;
  std::uint32_t most = 0;
  p* to = nullptr;
  for (int i = 0; i < numprocs(); i++) {
    const std::uint32_t n = queued(allp[i]);
    if (n <= most || allp[i]->status.load(relaxed) != pstatus::running)
      continue;
    most = n;
    to = allp[i];
  }
  if (to == nullptr || !givetimers(pp->ts, to->ts)) return;
  // [POLL] The poller may have looked at `to` before they came and at pp after they went:
  // then we see here what it sleeps until, or that it is still looking. And should `to`
  // be idle by now, then either its mindtimers has seen them, or we see that.
  std::atomic_thread_fence(seq_cst);
  if (sched.polluntil.load(relaxed) > when + kOwnersTime ||
      to->status.load(relaxed) != pstatus::running)
    wakeidlepoller();
}

void sparefor(std::int32_t n) noexcept {
  std::int32_t more = std::max(n - sys::ncpu(), 0);
  if (more > 0 &&
      (debugvar.allps.load(relaxed) || debugvar.chaos.load(relaxed) ||
       debugvar.asyncpreemptoff.load(relaxed) ||
       sys::threadtime(sys::gettid()) < 0))
    more = 0;
  const lockguard hold(sched.lock);
  if (!sched.sysmonstarted) more = 0;
  above.store(more, relaxed);
  sched.nspare.store(more, relaxed);
}

void lookatspare(std::int64_t now) noexcept {
  static std::int64_t last = 0;
  static std::int32_t before = 0;
  const std::int32_t most = above.load(relaxed);
  const std::int64_t window = now - last;
  if (most == 0 || window < kWindow) return;
  std::int32_t n;
  std::int64_t ms;
  {
    const lockguard hold(sched.lock);
    n = numprocs();
    ms = sched.mcount;
  }
  if (most >= n || window < ms * kWindowPerM) return;
  last = now;
  const std::int32_t cpus = n - most;
  const std::int32_t current = unused(cpus, window);
  const std::int32_t free = std::min(current, before);
  before = current;
  const lockguard hold(sched.lock);
  // Unless maxprocs has changed, or there are some to wake.
  if (above.load(relaxed) != most || wakeable() > 0) return;
  const std::int32_t busy = n - sched.npidle.load(relaxed);
  const std::int32_t shall =
      free > 0 ? busy + std::max(busy * free / cpus, 1) : 0;
  sched.nspare.store(std::clamp(n - shall, 0, most), relaxed);
}

}  // namespace burrow::rt
