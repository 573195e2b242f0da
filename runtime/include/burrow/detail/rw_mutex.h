// burrow/detail/rw_mutex.h - the reader/writer mutex.
//
//   readers_   closed_ held_  state
//   n          no      no     n readers hold it (0: free); readers need no
//   lock_ n - kMax   yes     no     a writer waits for drain_ readers to leave;
//   new
//                             readers queue
//   n - kMax   yes     yes    a writer holds it; readers queue
//
// A reader comes by adding 1 to readers_ and leaves by subtracting 1. If the
// sum is negative it goes on under lock_ (runtime/sync/rw_mutex.cc), which
// guards all but readers_.
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/detail/lockmark.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

namespace burrow {

// rw_mutex is held by any number of readers or by one writer, as Go's
// sync.RWMutex. It works with std::unique_lock, std::shared_lock and the like.
//
// Neither side starves: a writer that waits keeps new readers out, and a writer
// that unlocks lets in all readers that wait then, and then the next writer. So
// a reader must not take it a second time: a writer may have come in between.
class rw_mutex {
 public:
  constexpr rw_mutex() noexcept = default;
  rw_mutex(const rw_mutex&) = delete;
  rw_mutex& operator=(const rw_mutex&) = delete;
  ~rw_mutex();

  // lock blocks until no other reader or writer holds the mutex.
  void lock() noexcept;

  // try_lock takes it for writing if it is free.
  bool try_lock() noexcept;

  // unlock ends a lock. Without one: ends the process with "fatal error: sync:
  // Unlock of unlocked RWMutex".
  void unlock() noexcept;

  // lock_shared blocks until no writer holds the mutex, or waits for it.
  void lock_shared() noexcept {
    // acquire pairs with the add by which the last writer let readers in.
    if (readers_.fetch_add(1, std::memory_order_acquire) < 0) rlock_slow();
  }

  // try_lock_shared takes it for reading if no writer holds it or waits.
  bool try_lock_shared() noexcept {
    std::int32_t n = readers_.load(std::memory_order_relaxed);
    while (n >= 0) {
      if (readers_.compare_exchange_weak(n, n + 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  // unlock_shared ends a lock_shared. Without one: ends the process with "fatal
  // error: sync: RUnlock of unlocked RWMutex".
  void unlock_shared() noexcept {
    // release pairs with the add by which a writer closes the mutex.
    const std::int32_t n = readers_.fetch_sub(1, std::memory_order_release);
    if (n <= 0) runlock_slow(n);
  }

 private:
  friend struct rt::lockview;

  static constexpr std::int32_t kMax = 1 << 30;  // more readers than can be

  void rlock_slow() noexcept;
  void runlock_slow(std::int32_t n) noexcept;
  detail::sudog* reopen() noexcept;

  std::atomic<std::int32_t> readers_{0};
  detail::spinlock lock_;
  // Under lock_.
  bool closed_ = false;
  bool held_ = false;
  std::int32_t drain_ = 0;   // readers to leave before the next writer's turn
  std::int32_t grants_ = 0;  // readers that were counted while it was closed,
                             // and are in since it has opened: see rlock_slow
  detail::lockmark mark_;    // the writer, while held_
  detail::waitq writers_;
  detail::waitq waiting_readers_;
};

}  // namespace burrow
