// runtime/sync/mutex.cc - the mutex once somebody has had to wait.
//
// burrow/detail/mutex.h has the states, and the proof for the change from
// inline to locked unlocking. Here, all is under lock_.
//
// Invariants, under lock_ with contended_ set
//   1 who frees locked_ holds lock_. So a waiter that finds it held under lock_
//     and queues there is seen by the next unlock.
//   2 starving_ is set only while locked_ is held; it stays held from owner to
//     owner until starving_ is clear.
//   3 awake_ has the waiter that was woken to compete, until it has competed;
//     no other is woken meanwhile. It is a queue and not a flag so that the end
//     of a run can take out a goroutine that never came to compete.
#include "burrow/detail/mutex.h"
#include "burrow/detail/asym.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/sync/wake.h"
#include "sys/os.h"

namespace burrow {

namespace {

constexpr std::int64_t kStarvationNs = 1'000'000;

std::int64_t waited(const detail::sudog& s) noexcept {
  return rt::nanotime() - static_cast<std::int64_t>(s.ticket);
}

}  // namespace

// spin tries for up to 20 us, as long as who finds no work looks for it, while the owner
// runs on another processor. Ever less often: who comes back the while takes the mutex
// many times for each time that it changes processors.
bool mutex::spin() noexcept {
  for (const std::uint32_t pauses : {30u, 60u, 120u, 240u}) {
    if (starving_.load(std::memory_order_relaxed) || !rt::canspin()) break;
    sys::procyield(pauses);
    if (try_lock()) return true;
  }
  return false;
}

// announce makes this a mutex whose unlocks go through lock_ [ASYM].
//
// Context  lock_ held; the first waiter of the mutex's life.
// Returns  true if the mutex was free: it is the caller's now.
bool mutex::announce() noexcept {
  contended_.store(1, std::memory_order_relaxed);
  // seq_cst: the store above is visible before this, and acquire if it was
  // free.
  if (locked_.exchange(2, std::memory_order_seq_cst) == 0) {
    mark_.set();
    return true;
  }
  detail::asymmetric_heavy();
  return false;
}

void mutex::lock_slow() noexcept {
  if (spin()) return;
  detail::sudog s;
  s.gp = rt::getg();
  s.lock = &lock_;
  lock_.lock();
  bool owner = contended_.load(std::memory_order_relaxed) == 0 && announce();
  while (!owner && !try_lock()) {
    if (s.ticket == 0) {
      s.ticket = static_cast<std::uint64_t>(rt::nanotime());
      q_.enqueue(&s);
    } else {  // has waited, was woken, and lost
      awake_.remove(&s);
      if (waited(s) > kStarvationNs) {
        starving_.store(true, std::memory_order_relaxed);
      }
      q_.enqueue_front(&s);
    }
    rt::gopark(&lock_, &s, rt::waitreason::mutex_lock);
    if (s.success) return;  // handed over
    owner = spin();
    lock_.lock();
  }
  awake_.remove(&s);
  lock_.unlock();
}

void mutex::unlock_slow() noexcept {
  lock_.lock();
  const std::uint8_t was = locked_.load(std::memory_order_relaxed);
  if (was != 1 && was != 2) {  // free, or decremented when it was
    lock_.unlock();
    rt::fatal("sync: unlock of unlocked mutex");
  }
  detail::sudog* next = nullptr;
  if (starving_.load(std::memory_order_relaxed)) {
    next = q_.pop();
    if (next != nullptr) {
      next->success = true;
      mark_.set(next);  // on its stack
    }
    if (q_.empty() || waited(*next) < kStarvationNs) {
      starving_.store(false, std::memory_order_relaxed);
    }
  }
  if (next == nullptr) {
    locked_.store(0, std::memory_order_release);
    if (awake_.empty() && (next = q_.pop()) != nullptr) awake_.enqueue(next);
  }
  rt::g* gp = next != nullptr ? next->gp : nullptr;
  lock_.unlock();
  if (gp != nullptr) rt::goready(gp);
}

void mutex::detach() noexcept {
  rt::detachall(lock_, q_);
  awake_.detach_all();
}

}  // namespace burrow
