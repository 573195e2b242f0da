// runtime/sched/lockthread.cc - goroutines locked to their thread.
//
// A locked g and its m belong together: the m runs nothing else, and nobody
// else runs the g. When the g parks, its m gives its p away and sleeps
// (stoplockedm). Whoever takes the g from a queue hands its own p to that m and
// parks itself (startlockedm).

#include "burrow/go.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"

namespace burrow {

void lock_os_thread() {
  rt::m* mp = rt::getm();
  if (mp == nullptr) return;  // a foreign thread is its own
  rt::g* gp = mp->curg;
  if (gp->lockedcount++ > 0) return;
  // In the runtime: who takes the p looks at the flags.
  if (rt::enter(mp)) rt::releasejoin(rt::getp(mp), gp);
  gp->lockedm = mp;
  gp->flags |= rt::kGLocked;
  mp->lockedg = gp;
  rt::leave(mp);
}

void unlock_os_thread() {
  rt::m* mp = rt::getm();
  if (mp == nullptr) return;
  rt::g* gp = mp->curg;
  if (gp->lockedcount == 0 || --gp->lockedcount > 0) return;
  (void)rt::enter(mp);  // as above
  gp->lockedm = nullptr;
  gp->flags &= static_cast<std::uint8_t>(~rt::kGLocked);
  mp->lockedg = nullptr;
  rt::leave(mp);
}

}  // namespace burrow

namespace burrow::rt {

void stoplockedm(m* mp) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (getp(mp) != nullptr) handoffp(releasep(mp));
  for (;;) {
    std::int64_t ns = -1;
    {
      const lockguard hold(sched.lock);
      if (mp->lockedready || (mp->ism0 && sched.ending.load(relaxed)) ||
          mp->lockedg == nullptr) {
        mp->lockedready = false;
        if (mp->lockedwait) sched.nmidlelocked--;
        mp->lockedwait = false;
        mp->park.clear();
        break;
      }
      if (!mp->lockedwait) sched.nmidlelocked++;
      mp->lockedwait = true;
      mp->park.clear();
      if (checkdead()) ns = kSecond;
    }
    mp->park.sleep(ns);
    sched.clock.store(nanotime(), relaxed);  // as stopm
  }
  p* pp = mp->nextp;
  mp->nextp = nullptr;
  if (pp != nullptr) acquirep(mp, pp);
}

void startlockedm(m* mp, g* gp) noexcept {
  m* owner = gp->lockedm;
  {
    const lockguard hold(sched.lock);
    // m0 may have left stoplockedm to end the run, with which gp is dropped.
    if (sched.ending.load(relaxed)) return;
    p* pp = releasep(mp);
    owner->nextp = pp;
    owner->lockedready = true;
    if (owner->lockedwait) {  // awake from now on, as far as checkdead goes
      owner->lockedwait = false;
      sched.nmidlelocked--;
    }
  }
  wakem(owner);
}

}  // namespace burrow::rt
