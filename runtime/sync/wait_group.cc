// runtime/sync/wait_group.cc - wait groups that have waiters, or are misused.
//
// The bit may be set without a waiter, when the end of a run has taken those
// out: then the next time the counter comes to 0 nobody is woken, and the bit
// goes.
#include "burrow/detail/wait_group.h"

#include "burrow/error.h"
#include "runtime/sync/wake.h"

namespace burrow {

void wait_group::drop_waiters() noexcept { rt::detachall(lock_, q_); }

// add_slow deals with an add that made the counter negative, or has changed it
// from or to 0 with the bit set.
void wait_group::add_slow(std::int64_t was, int n) {
  const std::int64_t now = was + n * kOne;
  if (now < 0) {
    state_.fetch_sub(n * kOne, std::memory_order_relaxed);
    throw panic_error("sync: negative WaitGroup counter");
  }
  lock_.lock();
  const bool misuse = n > 0 && was < kOne && !q_.empty();
  if (misuse) state_.fetch_sub(n * kOne, std::memory_order_relaxed);
  // The counter may have moved on from 0 if nobody was in the queue. release: who
  // sees the 0 and ends the object sees that the lock is held. The waiters were
  // queued under lock_; what the others did, add has acquired.
  std::int64_t zero = kWaiters;
  detail::sudog* all = nullptr;
  if (state_.compare_exchange_strong(zero, 0, std::memory_order_release,
                                     std::memory_order_relaxed)) {
    all = rt::popall(q_);
  }
  lock_.unlock();
  rt::readyall(all);
  if (misuse) {
    throw panic_error(
        "sync: WaitGroup misuse: Add called concurrently with Wait");
  }
}

void wait_group::wait_slow() noexcept {
  for (;;) {
    // acquire, as in wait.
    const std::int64_t now = state_.load(std::memory_order_acquire);
    if (now == 0) return;
    if (now < kOne || !rt::joinchild(now / kOne, rt::waitreason::wait_group))
      break;
  }
  lock_.lock();
  // acquire, as in wait. The bit is set by whoever queues; the state comes to
  // (0, 0) only while the bit is clear, and then nobody will wake us.
  std::int64_t now = state_.load(std::memory_order_acquire);
  while (now != 0 && !state_.compare_exchange_weak(now, now | kWaiters,
                                                   std::memory_order_acquire)) {
  }
  if (now == 0) {
    lock_.unlock();
    return;
  }
  detail::sudog s;
  rt::waiton(lock_, q_, s, rt::waitreason::wait_group);
}

}  // namespace burrow
