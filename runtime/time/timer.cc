// runtime/time/timer.cc - burrow/time.h on the heaps of timers.h.
//
// Two kinds of timer: one sends the time on a channel with room for one value,
// which users see as unbuffered; one runs a function in a goroutine. A ticker
// is the first kind with a period: while its value has not been received there
// is no room, so ticks for a slow receiver are dropped.

#include "burrow/time.h"

#include <new>
#include <thread>

#include "burrow/go.h"
#include "runtime/chan/chan.h"
#include "runtime/sched/goby.h"
#include "runtime/sched/park.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/time/timers.h"

namespace burrow::rt {
namespace {

time_point pointof(std::int64_t when) noexcept {
  return time_point(std::chrono::nanoseconds(when));
}

struct chantimer : timer {
  static const timerops kOps;

  chantimer() : timer(&kOps), c(make_chan<time_point>(1)) {
    chan_mark_timer(raw());
  }

  hchan* raw() const noexcept { return detail::chan_access::get(c); }

  const chan<time_point> c;
};

void chantimer_send(timer* t, std::int64_t when) noexcept {
  time_point v = pointof(when);
  chan_post(static_cast<chantimer*>(t)->raw(), &v);
}

bool chantimer_drain(timer* t) noexcept {
  return chan_drain(static_cast<chantimer*>(t)->raw());
}

void chantimer_destroy(timer* t) noexcept { delete static_cast<chantimer*>(t); }

// The order of the two loads matters. With one reference to the timer left
// nobody can get at the channel through it any more; if the channel, too, has
// only our own reference after that (acquire), it will never have another.
bool chantimer_abandoned(const timer* t) noexcept {
  if (t->refs.load(std::memory_order_acquire) != 1) return false;
  const hchan* c = static_cast<const chantimer*>(t)->raw();
  return c->refs.load(std::memory_order_acquire) == 1 &&
         !c->is(detail::kRecvWaiting);
}

const timerops chantimer::kOps = {
    .send = chantimer_send,
    .drain = chantimer_drain,
    .run = nullptr,
    .destroy = chantimer_destroy,
    .destroyonstack = false,
    .abandoned = chantimer_abandoned,
};

struct functimer : timer {
  static const timerops kOps;

  functimer(detail::owned_call f, creator c) noexcept
      : timer(&kOps), call(f), by(c) {}
  ~functimer() { call.drop(call.obj); }

  const detail::owned_call call;
  const creator by;
};

void functimer_run(timer* t) noexcept {
  // The handle adopts the reference; the goroutine keeps the function alive.
  goby(static_cast<functimer*>(t)->by, [h = detail::timer_handle(t)] {
    const detail::owned_call& f = static_cast<functimer*>(h.get())->call;
    f.call(f.obj);
  });
}

void functimer_destroy(timer* t) noexcept { delete static_cast<functimer*>(t); }

const timerops functimer::kOps = {
    .send = nullptr,
    .drain = nullptr,
    .run = functimer_run,
    .destroy = functimer_destroy,
    .destroyonstack = true,
    .abandoned = nullptr,
};

}  // namespace
}  // namespace burrow::rt

namespace burrow::detail {

namespace {

void block(std::int64_t when) noexcept {
  rt::g* gp = rt::getg();
  if (rt::gidof(gp) != 0) return rt::sleepuntil(gp, when);
  // A foreign thread's sleep must end even if the run does, so it is no timer.
  std::this_thread::sleep_until(rt::pointof(when));
}

}  // namespace

void sleep_ns(std::int64_t ns) noexcept {
  if (ns > 0) block(rt::deadlineafter(ns));
}

void sleep_until_ns(std::int64_t when) noexcept {
  if (when > rt::nanotime()) block(when);
}

clock_time from_now(std::int64_t ns) noexcept {
  return rt::pointof(rt::deadlineafter(ns));
}

void timer_handle::retain() const noexcept {
  if (t_ != nullptr) rt::retaintimer(t_);
}

void timer_handle::release() const noexcept {
  if (t_ != nullptr) rt::releasetimer(t_);
}

timer_handle start_chan_timer(std::int64_t ns, std::int64_t period) {
  timer_handle h(new rt::chantimer);
  reset_timer(h.get(), ns, period);
  return h;
}

[[gnu::noinline]] timer_handle start_func_timer(std::int64_t ns,
                                                owned_call call) {
  auto* t = new (std::nothrow)
      rt::functimer(call, rt::createdhere(__builtin_return_address(0)));
  if (t == nullptr) {
    call.drop(call.obj);
    throw std::bad_alloc();
  }
  timer_handle h(t);
  reset_timer(h.get(), ns, 0);
  return h;
}

bool reset_timer(rt::timer* t, std::int64_t ns, std::int64_t period) {
  return rt::resettimer(t, rt::deadlineafter(ns), period);
}

bool stop_timer(rt::timer* t) noexcept { return rt::stoptimer(t); }

recv_chan<clock_time> timer_chan(rt::timer* t) noexcept {
  if (t == nullptr || t->ops != &rt::chantimer::kOps) return {};
  return static_cast<rt::chantimer*>(t)->c;
}

}  // namespace burrow::detail
