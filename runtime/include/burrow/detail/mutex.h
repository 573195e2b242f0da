// burrow/detail/mutex.h - the mutex, whose unlock is one plain instruction.
//
//   locked_  contended_   state
//   0        any          free
//   1        0            held; nobody has ever waited: unlock is inline
//   1        1            held; unlock goes through the library, under lock_
//   2        1            held, by the one who was owner when the first waiter
//            came
//
// A mutex for which nobody has ever waited is released by one plain decrement,
// which does two things in one instruction: it makes 1 free, and it makes 2
// "still held", so that the owner learns that somebody waits. contended_ is set
// by the first waiter and never cleared. From then on every unlock takes lock_,
// and under lock_ there is nothing to race with.
//
// [ASYM] The change from one protocol to the other. The first waiter, under
// lock_, stores contended_ = 1, exchanges locked_ for 2, and, if it was held,
// calls asymmetric_heavy(). Let O be the owner that the exchange has met, and D
// its decrement, if it comes to one. The decrement is one instruction, so no
// interrupt, and so no heavy fence, falls between its load and its store.
//   - D is over before the fence reaches O's processor: then its store is
//     visible when heavy() returns, and the waiter, which tries again before it
//     queues, finds the mutex free, or held by a later owner. That one took the
//     lock after contended_ was set, so it sees it. Or D read the 2: see next.
//   - D comes after the fence: it reads 2, because nobody else writes a held
//     mutex (lock is a compare-and-swap). It leaves 1, still held, and O goes
//     to unlock_slow, as it does if it sees contended_ before D. There it waits
//     for lock_ and finds the waiter in the queue.
// Either way no owner that the waiter can meet releases the lock without lock_.
// The decrement does not look at the mutex after it has freed it, so the next
// owner may destroy it at once; unlock_slow's last access is the release of
// lock_, which every later unlock has to take.
//
// Where the processor has no such instruction, and for ThreadSanitizer, which
// would not see it, contended_ is 1 from the beginning.
//
// Rejected: release store, light fence, load of contended_. The load may read a
// mutex that the next owner has destroyed. Also rejected: a second locked
// instruction in unlock (13 ns instead of 6 for the pair).
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/detail/lockmark.h"
#include "burrow/detail/sanitizers.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

#if (defined(__x86_64__) || defined(__i386__)) && !defined(BURROW_TSAN)
#define BURROW_PLAIN_UNLOCK 1
#else
#define BURROW_PLAIN_UNLOCK 0
#endif

namespace burrow {

// mutex is a mutual exclusion lock, as Go's sync.Mutex. It works with
// std::lock_guard, std::unique_lock and std::scoped_lock. It belongs to no
// goroutine: one may lock it and another unlock it. It is not recursive.
//
// Normal mode: an unlock wakes the waiter at the head of the queue, which then
// competes with goroutines that come along and are already running; if it loses
// it goes back to the head. A waiter that has waited for 1 ms and lost again
// turns the mutex to starvation mode: unlock hands ownership to the head of the
// queue, newcomers queue at the tail. The mutex goes back to normal mode when
// it is handed to the last waiter, or to one that has waited less than 1 ms.
class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() {
    if (contended_.load(std::memory_order_relaxed) != 0) detach();
  }

  // lock blocks until the mutex is the caller's.
  void lock() noexcept {
    std::uint8_t was = 0;
    // acquire pairs with the release of the last owner's unlock.
    if (!locked_.compare_exchange_strong(was, 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
      lock_slow();
    } else {
      mark_.set();
    }
  }

  // try_lock takes the mutex if it is free, and says whether it did.
  bool try_lock() noexcept {
    std::uint8_t was = 0;
    if (locked_.load(std::memory_order_relaxed) != 0 ||
        !locked_.compare_exchange_strong(was, 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
      return false;
    }
    mark_.set();
    return true;
  }

  // unlock gives the mutex up. Of an unlocked mutex: ends the process with
  // "fatal error: sync: unlock of unlocked mutex".
  void unlock() noexcept {
    // relaxed: see [ASYM]. Read while the mutex is ours, so it exists.
    if (contended_.load(std::memory_order_relaxed) != 0 || !decrement()) {
      unlock_slow();
    }
  }

 private:
  friend struct rt::lockview;

  static constexpr std::uint8_t kContendedAtFirst = BURROW_PLAIN_UNLOCK ? 0 : 1;

  // decrement subtracts 1 from locked_ in one instruction that is not locked;
  // true if that has freed the mutex. A release, as every store on x86.
  bool decrement() noexcept {
#if BURROW_PLAIN_UNLOCK
    bool freed;
    asm volatile("decb %1"
                 : "=@ccz"(freed), "+m"(reinterpret_cast<char&>(locked_))
                 :
                 : "memory");
    return freed;
#else
    return false;
#endif
  }

  void lock_slow() noexcept;
  void unlock_slow() noexcept;
  bool announce() noexcept;
  bool spin() noexcept;
  void detach() noexcept;

  std::atomic<std::uint8_t> locked_{0};
  std::atomic<std::uint8_t> contended_{kContendedAtFirst};  // set under lock_
  detail::spinlock lock_;
  std::atomic<bool> starving_{false};  // written under lock_
  detail::lockmark mark_;              // written by the owner, once it is
  // Under lock_.
  detail::waitq q_;
  detail::waitq awake_;  // at most one: woken, has still to compete
};

}  // namespace burrow

#undef BURROW_PLAIN_UNLOCK
