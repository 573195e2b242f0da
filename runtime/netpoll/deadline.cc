// runtime/netpoll/deadline.cc - the timers behind deadlines.
//
// A side of a polldesc keeps its timer for ever, as the polldesc is kept. Outside
// a run there are no timers: threads alone wait then, and look at the clock
// themselves (thread.cc).

#include "runtime/netpoll/deadline.h"

#include <mutex>

namespace burrow::rt {

struct deadlinetimer : timer {
  static const timerops kOps;
  deadlinetimer(polldesc* d, polldir at) noexcept
      : timer(&kOps), pd(d), dir(at) {}

  polldesc* const pd;
  const polldir dir;
};

namespace {

void fired(timer* t) noexcept {
  auto* dt = static_cast<deadlinetimer*>(t);
  polltimer& s = dt->pd->timerat(dt->dir);
  {
    const std::lock_guard hold(s.lock);
    s.armed.store(0, relaxed);
  }
  polldeadline(dt->pd, dt->dir);
  releasetimer(t);
}

// Whether it is set for `when` or before. Should it fire at this moment, that clears
// `armed` before it looks for who waits: coveredby.
bool isarmed(const polltimer& s, std::int64_t when) noexcept {
  const std::int64_t armed = s.armed.load(relaxed);
  return armed != 0 && armed <= when;
}

}  // namespace

const timerops deadlinetimer::kOps = {
    .send = nullptr,
    .drain = nullptr,
    .run = fired,
    .destroy = [](timer* t) noexcept { delete static_cast<deadlinetimer*>(t); },
    .destroyonstack = false,
    .abandoned = nullptr,
};

void armdeadline(polldesc* pd, polldir dir, std::int64_t when) {
  polltimer& s = pd->timerat(dir);
  // acquire: who sees this run's number sees nothing in `armed` of an earlier one's.
  if (s.run.load(acquire) == sched.runid.load(relaxed) && isarmed(s, when))
    return;
  std::unique_lock hold(s.lock);
  if (s.timer == nullptr) s.timer = new deadlinetimer(pd, dir);
  // Read again: a thread may have been held up before the lock while a run ended.
  const std::uint32_t run = sched.runid.load(relaxed);
  if (s.run.load(relaxed) == run && isarmed(s, when)) return;
  if (tryresettimer(s.timer, when, 0) < 0) {
    hold.unlock();  // a goroutine whose run is over does not come back
    outsiderun();
  }
  s.armed.store(when, relaxed);
  s.run.store(run, release);
}

}  // namespace burrow::rt
