// runtime/time/timers.cc - starting, stopping and running timers.

#include "runtime/time/timers.h"

#include <limits>
#include <stdexcept>

#include "burrow/go.h"
#include "runtime/sched/park.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/time/heap.h"

namespace burrow::rt {
namespace {

constexpr std::uintptr_t kTimerIdle = 0;
constexpr std::uintptr_t kTimerFiring = 1;  // no heap has an odd address

// L2. Written under the lock of the heap that is being cleared.
std::atomic<std::uint32_t> epoch{0};

std::uintptr_t at(timers& ts) noexcept {
  return reinterpret_cast<std::uintptr_t>(&ts);
}

// lockopen locks ts, or the heap that it was moved to (L1), and returns it.
timers& lockopen(timers& ts) noexcept {
  timers* to = &ts;
  to->lock.lock();
  while (to->moved != nullptr) {
    timers* next = to->moved;
    to->lock.unlock();
    to = next;
    to->lock.lock();
  }
  return *to;
}

// sweep takes the abandoned timers out of ts and returns them as a list.
//
// Context  ts.lock held. Nobody but the heap has a reference to what is taken.
timer* sweep(timers& ts) noexcept {
  timer* dead = nullptr;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < ts.len; ++i) {
    const timerentry e = ts.heap[i];
    if (!issleeper(e)) {
      timer* t = timerof(e);
      if (t->ops->abandoned != nullptr && t->ops->abandoned(t)) {
        t->sweeplink = dead;
        dead = t;
        continue;
      }
    }
    ts.heap[kept++] = e;
  }
  if (dead == nullptr) return nullptr;
  ts.len = kept;
  heapify(ts);
  return dead;
}

void freeswept(timer* t) noexcept {
  while (t != nullptr) {
    timer* next = t->sweeplink;
    t->where.store(kTimerIdle, release);  // T1
    releasetimer(t);
    t = next;
  }
}

// enqueue adds e to ts, or to where that was moved, unless the run that ts
// belonged to when the epoch was `seen` is over (L2).
//
// Context  any; the lock of e's timer may be held, but no heap's.
// Returns  the heap that took e, locked; null: the run is over.
timers* enqueue(timers& first, timerentry e, std::uint32_t seen) noexcept {
  for (;;) {
    timers& ts = lockopen(first);
    // relaxed: the lock orders this with cleartimers.
    if (epoch.load(relaxed) != seen) {
      ts.lock.unlock();
      return nullptr;
    }
    timer* dead = nullptr;
    if (ts.len == ts.cap) {
      dead = sweep(ts);
      // A sweep pays for itself if as many adds follow it as it has freed.
      if (ts.len >= ts.cap - ts.cap / 4) heapgrow(ts, ts.cap + 1);
    }
    if (dead == nullptr) {
      if (!issleeper(e)) timerof(e)->where.store(at(ts), relaxed);
      heappush(ts, e);
      return &ts;
    }
    ts.lock.unlock();
    freeswept(dead);
  }
}

// unlockheap unlocks what enqueue locked, and says whether `when`, which was
// added, is the earliest of it.
bool unlockheap(timers& ts, std::int64_t when) noexcept {
  const bool earliest = ts.heap[0].when == when;
  ts.lock.unlock();
  return earliest;
}

// cancel makes t idle; true: it was not. What popped a firing t keeps its
// reference, a heap's is dropped.
//
// Context  any; t->lock held; the caller has a reference.
bool cancel(timer* t) noexcept {
  for (;;) {
    const std::uintptr_t w = t->where.load(acquire);
    if (w == kTimerIdle) return false;
    if (w == kTimerFiring) {
      t->where.store(kTimerIdle, relaxed);
      return true;
    }
    timers* ts = reinterpret_cast<timers*>(w);
    ts->lock.lock();
    const bool there = t->where.load(relaxed) == w;  // not popped, not moved
    if (there) {
      heapremove(*ts, t->index);
      t->where.store(kTimerIdle, relaxed);
    }
    ts->lock.unlock();
    if (!there) continue;
    t->refs.fetch_sub(1, relaxed);  // not the last
    return true;
  }
}

// disarm is stop without the lock: cancel, and take a sent value back.
bool disarm(timer* t) noexcept {
  const bool pending = cancel(t);
  const bool unread = t->ops->drain != nullptr && t->ops->drain(t);
  return pending || unread;
}

// dropinscheduler is releasetimer for g0: user code is left to a goroutine.
void dropinscheduler(timer* t) noexcept {
  if (!t->ops->destroyonstack) return releasetimer(t);
  if (t->refs.fetch_sub(1, acq_rel) != 1) return;
  burrow::go([t] { t->ops->destroy(t); });
}

// nextshot is the first time after now that a timer which was due at `when` is
// due again: shots that were missed are left out.
std::int64_t nextshot(std::int64_t when, std::int64_t period,
                      std::int64_t now) noexcept {
  const std::int64_t late = now > when ? now - when : 0;
  std::int64_t next;
  if (__builtin_mul_overflow(late / period + 1, period, &next) ||
      __builtin_add_overflow(when, next, &next))
    return std::numeric_limits<std::int64_t>::max();
  return next;
}

// fire does what t, popped from a heap, is for; see T3. It owns the pop's
// reference.
void fire(timer* t, std::int64_t now) noexcept {
  t->lock.lock();
  if (t->where.load(relaxed) != kTimerFiring) {
    t->lock.unlock();
    dropinscheduler(t);
    return;
  }
  const timerops* ops = t->ops;
  if (ops->send != nullptr) ops->send(t, t->when);
  if (t->period > 0 && !(ops->abandoned != nullptr && ops->abandoned(t))) {
    const std::int64_t when = nextshot(t->when, t->period, now);
    t->when = when;
    const timerentry e{when, reinterpret_cast<std::uintptr_t>(t)};
    // Inside the scheduler the run is not over: never null. It may have been in the heap
    // of an idle p.
    timers* to = enqueue(*mytimers(), e, epoch.load(relaxed));
    // The heap has our reference now: while it is locked, it cannot drop t.
    t->lock.unlock();
    const bool earliest = unlockheap(*to, when);
    // Who looked at the heap since the pop has not seen this deadline.
    if (earliest) wakepoller(when);
    return;
  }
  t->where.store(kTimerIdle, relaxed);
  t->lock.unlock();
  if (ops->run != nullptr)
    ops->run(t);
  else
    dropinscheduler(t);
}

// popdue moves entries that are due at now into out, at most max of them.
std::uint32_t popdue(timers& ts, std::int64_t now, timerentry* out,
                     std::uint32_t max) noexcept {
  std::uint32_t n = 0;
  ts.lock.lock();
  while (n < max && ts.len != 0 && ts.heap[0].when <= now) {
    const timerentry e = ts.heap[0];
    heapremove(ts, 0);
    if (issleeper(e))
      __builtin_prefetch(sleeperof(e), 1);
    else
      timerof(e)->where.store(kTimerFiring, release);  // T1
    out[n++] = e;
  }
  ts.lock.unlock();
  return n;
}

// addall makes all of from's timers be to's. Both are locked.
void addall(timers& to, timers& from) noexcept {
  heapgrow(to, to.len + from.len);
  for (std::uint32_t i = 0; i < from.len; ++i) {
    const timerentry e = from.heap[i];
    if (!issleeper(e)) timerof(e)->where.store(at(to), relaxed);
    heappush(to, e);
  }
  from.len = 0;
  setmin(from);
}

// A sleeper that became the earliest: what is done once it is parked.
struct sleepwake {
  spinlock* lock;
  std::int64_t when;
};
void unlockandwake(void* arg) noexcept {
  const sleepwake w = *static_cast<sleepwake*>(arg);
  w.lock->unlock();  // from here on the sleeper may run, and arg be gone
  wakepoller(w.when);
}

}  // namespace

timers::~timers() { freeheap(heap); }

std::int64_t runtimers(timers& ts, std::int64_t now) noexcept {
  constexpr std::uint32_t kBatch = 64;
  timerentry due[kBatch];
  for (;;) {
    const std::int64_t first = ts.minwhen();
    if (first == 0 || first > now) return first;
    const std::uint32_t n = popdue(ts, now, due, kBatch);
    // They have slept for long: their gs are in no cache.
    for (std::uint32_t i = 0; i < n; ++i)
      if (issleeper(due[i])) __builtin_prefetch(sleeperof(due[i]));
    for (std::uint32_t i = 0; i < n; ++i) {
      if (issleeper(due[i]))
        goready(sleeperof(due[i]));
      else
        fire(timerof(due[i]), now);
    }
  }
}

void movetimers(timers& from, timers& to) noexcept {
  from.lock.lock();
  timers& dest = lockopen(to);
  addall(dest, from);
  dest.lock.unlock();
  from.moved = &dest;
  from.lock.unlock();
}

bool givetimers(timers& from, timers& to) noexcept {
  constexpr std::uint32_t kFew = 64;
  bool given = false;
  from.lock.lock();
  // Not lock: who holds `to` may be about to give to `from`.
  if (from.len <= kFew && to.lock.try_lock()) {
    given = to.moved == nullptr;
    if (given) addall(to, from);
    to.lock.unlock();
  }
  from.lock.unlock();
  return given;
}

void opentimers(timers& ts) noexcept {
  ts.lock.lock();
  ts.moved = nullptr;
  ts.lock.unlock();
}

void cleartimers(timers& ts) noexcept {
  ts.lock.lock();
  epoch.fetch_add(1, relaxed);  // L2; under the lock
  timerentry* heap = ts.heap;
  const std::uint32_t len = ts.len;
  for (std::uint32_t i = 0; i < len; ++i)
    if (!issleeper(heap[i]))
      timerof(heap[i])->where.store(kTimerIdle, release);  // T1
  ts.heap = nullptr;
  ts.len = ts.cap = 0;
  ts.moved = nullptr;
  setmin(ts);
  ts.lock.unlock();
  for (std::uint32_t i = 0; i < len; ++i)
    if (!issleeper(heap[i])) releasetimer(timerof(heap[i]));
  freeheap(heap);
}

void retaintimer(timer* t) noexcept {
  t->refs.fetch_add(1, relaxed);  // whoever retains has a reference
}

void releasetimer(timer* t) noexcept {
  // acq_rel: what was done through the other references is done.
  if (t->refs.fetch_sub(1, acq_rel) == 1) t->ops->destroy(t);
}

void outsiderun() {
  if (gidof(getg()) != 0) parkforever(waitreason::forever);
  throw std::logic_error("burrow: a timer was started outside run()");
}

bool resettimer(timer* t, std::int64_t when, std::int64_t period) {
  const int pending = tryresettimer(t, when, period);
  if (pending < 0) outsiderun();
  return pending != 0;
}

int tryresettimer(timer* t, std::int64_t when, std::int64_t period) noexcept {
  int pending = 0;
  for (;;) {
    // acquire: read before mytimers() finds the run to be on (L2).
    const std::uint32_t seen = epoch.load(acquire);
    timers* mine = mytimers();
    if (mine == nullptr) return -1;
    t->lock.lock();
    if (disarm(t)) pending = 1;
    t->when = when;
    t->period = period;
    retaintimer(t);  // the heap's
    const timerentry e{when, reinterpret_cast<std::uintptr_t>(t)};
    timers* ts = enqueue(*mine, e, seen);
    const bool earliest = ts != nullptr && unlockheap(*ts, when);
    t->lock.unlock();
    if (earliest) wakepoller(when);
    if (ts != nullptr) return pending;
    t->refs.fetch_sub(1, relaxed);  // not the last
  }
}

bool stoptimer(timer* t) noexcept {
  t->lock.lock();
  const bool pending = disarm(t);
  t->lock.unlock();
  return pending;
}

// A sleeper must not be in a heap when its run ends without it: it would be
// woken after its g is gone. So it is in the runtime from before the push,
// which keeps its p and with it the run from ending, until gopark has switched
// away from it.
void sleepuntil(g* gp, std::int64_t when) noexcept {
  const timerentry e{when, reinterpret_cast<std::uintptr_t>(gp) | kSleeper};
  m* mp = getm();
  if (!enter(mp)) mp = reacquire(mp);  // does not return if the run is over
  timers* ts = enqueue(getp(mp)->ts, e, epoch.load(relaxed));
  if (ts->heap[0].when != when) {
    gopark(&ts->lock, nullptr, waitreason::sleep);
    return;
  }
  sleepwake w{&ts->lock, when};
  gopark(unlockandwake, &w, nullptr, waitreason::sleep);
}

std::int64_t deadlineafter(std::int64_t ns) noexcept {
  const std::int64_t now = nanotime();
  std::int64_t when;
  if (ns <= 0) return now > 0 ? now : 1;
  if (__builtin_add_overflow(now, ns, &when))
    return std::numeric_limits<std::int64_t>::max();
  return when;
}

}  // namespace burrow::rt
