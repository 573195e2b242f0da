// burrow/detail/cond.h - the condition variable.
#pragma once

#include <cstdint>
#include <utility>

#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

namespace burrow {

// cond is a place where goroutines wait for something to become true, as Go's
// sync.Cond. It works with every lock that has lock() and unlock(), such as
// std::unique_lock<burrow::mutex>:
//
//   std::unique_lock hold(mu);
//   changed.wait(hold, [&] { return !queue.empty(); });
//
// A notification wakes who began to wait before it, in that order. A wait()
// ends only by a notification, but by the time it has the lock again things may
// have changed: it belongs in a loop, or is called with a predicate.
class cond {
 public:
  constexpr cond() noexcept = default;
  cond(const cond&) = delete;
  cond& operator=(const cond&) = delete;
  ~cond();

  // wait unlocks `lock`, blocks until it is notified, and locks it again. No
  // notification that comes after the unlock is missed.
  template <class Lock>
  void wait(Lock& lock) {
    waiting w{this, begin()};
    lock.unlock();
    w.block();
    lock.lock();
  }

  // wait does that until pred() is true. pred is called with the lock held.
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate pred) {
    while (!pred()) wait(lock);
  }

  // notify_one wakes the one that waits longest, if there is any. The caller
  // may hold the lock or not.
  void notify_one() noexcept;

  // notify_all wakes all that wait.
  void notify_all() noexcept;

 private:
  // waiting is one wait() between its ticket and its end.
  struct waiting {
    cond* c;
    std::uint64_t ticket;

    void block() noexcept { std::exchange(c, nullptr)->block(ticket); }
    ~waiting() {
      if (c != nullptr) c->cancel(ticket);  // unlock has thrown
    }
  };

  std::uint64_t begin() noexcept;
  void block(std::uint64_t ticket) noexcept;
  void cancel(std::uint64_t ticket) noexcept;
  detail::sudog* popone() noexcept;

  // All under lock_.
  detail::spinlock lock_;
  std::uint64_t next_ = 0;      // the next ticket
  std::uint64_t notified_ = 0;  // tickets below it have been notified
  std::uint64_t coming_ = 0;    // tickets >= notified_ on their way to q_
  detail::waitq q_;             // in the order of tickets, all >= notified_
};

}  // namespace burrow
