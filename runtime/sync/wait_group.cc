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

// add_shared is add for all but the owner; and for him, where his part would leave its
// bounds.
void wait_group::add_shared(int n) {
  if (count_.mine()) {
    lock_.lock();
    count_.disown();
    lock_.unlock();
  }
  // acq_rel: release pairs with the load of wait; acquire makes the last one
  // see what those before it did.
  const std::int64_t was =
      count_.word().fetch_add(n * kOne, std::memory_order_acq_rel);
  const std::int64_t now = was + n * kOne;
  if (((now & kOwned) == 0 && now < 0) ||
      ((now & kWaiters) != 0 && (now < kOne || was < kOne)))
    add_slow(was, n);
}

// add_slow deals with an add that made the counter negative, or has changed it
// from or to 0 with the bit set.
void wait_group::add_slow(std::int64_t was, int n) {
  const std::int64_t now = was + n * kOne;
  std::atomic<std::int64_t>& word = count_.word();
  if (now < 0) {
    word.fetch_sub(n * kOne, std::memory_order_relaxed);
    throw panic_error("sync: negative WaitGroup counter");
  }
  lock_.lock();
  const bool misuse = n > 0 && was < kOne && !q_.empty();
  if (misuse) word.fetch_sub(n * kOne, std::memory_order_relaxed);
  // The counter may have moved on from 0 if nobody was in the queue. Who sees the 0 and
  // ends the object sees that the lock is held. The waiters were queued under lock_;
  // what the others did, add has acquired.
  detail::sudog* all = count_.restart(kWaiters) ? rt::popall(q_) : nullptr;
  lock_.unlock();
  rt::readyall(all);
  if (misuse) {
    throw panic_error(
        "sync: WaitGroup misuse: Add called concurrently with Wait");
  }
}

// counted is the counter's word, as if it were not owned, for who waits and holds no
// lock.
std::int64_t wait_group::counted() noexcept {
  std::int64_t n;
  while ((n = count_.number()) == detail::ownedcount::kAnothers) {
    lock_.lock();
    count_.disown();
    lock_.unlock();
  }
  if (n < 0) rt::fatal("sync: negative WaitGroup counter");
  return n;
}

// n is count_.sumown() of a moment ago.
void wait_group::wait_slow(std::int64_t n) noexcept {
  if (rt::joincounted(count_, n, rt::waitreason::wait_group) != 0)
    wait_shared();
}

// wait_shared is wait_slow for a counter that another thread owns, or nobody; or that
// shall not be owned any more, for its waiter parks.
[[gnu::noinline]] void wait_group::wait_shared() noexcept {
  for (;;) {
    const std::int64_t now = counted();
    if (now == 0) return;
    if (now < kOne || !rt::joinchild(now / kOne, rt::waitreason::wait_group))
      break;
  }
  lock_.lock();
  count_.disown();
  // acquire pairs with the release of the last done(). The bit is set by whoever
  // queues; the word comes to (0, 0) only while the bit is clear, and then nobody
  // will wake us.
  std::atomic<std::int64_t>& word = count_.word();
  std::int64_t now = word.load(std::memory_order_acquire);
  while (now != 0 && !word.compare_exchange_weak(now, now | kWaiters,
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
