// runtime/sync/rw_mutex.cc - the reader/writer mutex when somebody must wait.
//
// burrow/detail/rw_mutex.h has the states. Under lock_:
//   1 readers_ counts those that hold the mutex for reading, and visitors:
//     those that have added their 1, seen a negative sum, and have not come to
//     lock_ yet. A reader that queues takes its 1 back, so what waits is not
//     counted, and waiters may be forgotten (the end of a run) without a trace.
//   2 to close, a writer subtracts kMax. What it found there, it has to wait
//     for: drain_. Later visitors are not part of it.
//   3 to open (reopen) kMax is added back, with 1 for each reader that is let
//     in. The visitors of that moment are in as well, for the next writer will
//     count them: grants_ says how many. Every visitor that comes to lock_
//     while there are grants uses one up. It may be another one's (who then
//     queues): the counts are the same.
//   4 while closed and not held, a writer waits at the head of writers_; if it
//     is gone (the end of a run) readers come in on top of drain_, and the last
//     of them opens the mutex.
//
// Rejected: Go's RWMutex, which counts waiting readers in readers_ and has a
// second mutex for writers. It cannot forget a waiter.
#include "burrow/detail/rw_mutex.h"

#include "runtime/sync/wake.h"

namespace burrow {

rw_mutex::~rw_mutex() {
  rt::detachall(lock_, writers_);
  waiting_readers_.detach_all();
}

// reopen lets all waiting readers in, and new ones.
//
// Context  lock_ held; closed_.
// Returns  the readers, to be made ready after the unlock.
detail::sudog* rw_mutex::reopen() noexcept {
  std::int32_t n = 0;
  detail::sudog* all = rt::popall(waiting_readers_);
  for (detail::sudog* s = all; s != nullptr; s = s->next) ++n;
  closed_ = held_ = false;
  // release: what the writer did is seen by the readers that come now.
  grants_ = readers_.fetch_add(kMax + n, std::memory_order_release) + kMax;
  return all;
}

void rw_mutex::rlock_slow() noexcept {
  lock_.lock();
  if (grants_ > 0) {  // 3
    --grants_;
    lock_.unlock();
    return;
  }
  if (!held_ && writers_.empty()) {  // 4
    ++drain_;
    lock_.unlock();
    return;
  }
  // relaxed: 1 and -1 of one thread, seen by nobody who acts on them.
  readers_.fetch_sub(1, std::memory_order_relaxed);
  detail::sudog s;
  rt::waiton(lock_, waiting_readers_, s, rt::waitreason::rwmutex_rlock);
}

void rw_mutex::runlock_slow(std::int32_t n) noexcept {
  lock_.lock();
  if (n == 0 || n == -kMax || !closed_ || held_) {
    lock_.unlock();
    rt::fatal("sync: RUnlock of unlocked RWMutex");
  }
  detail::sudog* ready = nullptr;
  if (--drain_ == 0) {
    ready = writers_.pop();
    if (ready != nullptr) {
      held_ = true;
      mark_.set(ready);  // on its stack
    } else {
      ready = reopen();
    }
  }
  lock_.unlock();
  rt::readyall(ready);
}

void rw_mutex::lock() noexcept {
  lock_.lock();
  if (!closed_) {
    closed_ = true;
    // acquire pairs with the releases of readers that have left.
    drain_ = readers_.fetch_sub(kMax, std::memory_order_acquire);
    if (drain_ == 0) {
      held_ = true;
      mark_.set();
      lock_.unlock();
      return;
    }
  }
  detail::sudog s;
  rt::waiton(lock_, writers_, s, rt::waitreason::rwmutex_lock);
}

bool rw_mutex::try_lock() noexcept {
  std::int32_t none = 0;
  lock_.lock();
  // acquire, as in lock. It fails if the mutex is closed, or has readers.
  const bool got = readers_.compare_exchange_strong(
      none, -kMax, std::memory_order_acquire, std::memory_order_relaxed);
  if (got) {
    closed_ = held_ = true;
    mark_.set();
  }
  lock_.unlock();
  return got;
}

void rw_mutex::unlock() noexcept {
  lock_.lock();
  if (!held_) {
    lock_.unlock();
    rt::fatal("sync: Unlock of unlocked RWMutex");
  }
  detail::sudog* ready;
  if (writers_.empty()) {
    ready = reopen();
  } else if (waiting_readers_.empty()) {
    ready = writers_.pop();  // held_ passes on
    mark_.set(ready);        // on its stack
  } else {
    ready = rt::popall(waiting_readers_);
    held_ = false;
    drain_ = 0;
    for (detail::sudog* s = ready; s != nullptr; s = s->next) ++drain_;
    // release, as in reopen; the mutex stays closed for the next writer.
    readers_.fetch_add(drain_, std::memory_order_release);
  }
  lock_.unlock();
  rt::readyall(ready);
}

}  // namespace burrow
