// burrow/detail/wait_group.h - the wait group.
//
// While the thread that made it owns the counter (ownedcount.h), nobody is queued.
// Before a wait() queues it disowns the counter; from then on all is in its word:
//
//   word: counter in the upper 32 bits, bit 0 = "somebody waits"
//   counter  bit  what the next step is
//   0        0    wait() returns at once
//   n > 0    0    done() and add() are one instruction and nothing more
//   n > 0    1    the done() that makes it (0, 1) wakes the waiters
//   0        1    that done() is on its way to lock_: a wait() queues and is
//            woken
//                 by it too, an add() is misuse
//
// The bit is set only together with queueing, under lock_. A done() that finds
// it clear does not touch the object again; one that has to wake has done all
// it has to do with the object when it makes the first waiter ready. So the
// object may be destroyed when wait() returns.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "burrow/detail/lockmark.h"
#include "burrow/detail/ownedcount.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"
#include "burrow/go.h"

namespace burrow {

// wait_group waits for a number of goroutines to finish, as Go's
// sync.WaitGroup: add before they start, done in each, wait for all of them. It
// may be used again when wait() has returned.
class wait_group {
 public:
  constexpr wait_group() noexcept = default;
  wait_group(const wait_group&) = delete;
  wait_group& operator=(const wait_group&) = delete;
  ~wait_group() {
    // A done() that wakes others may have made the state 0 and still have the lock.
    if (lock_.held() || !q_.empty()) drop_waiters();
  }

  // add adds n, which may be negative, to the counter. At 0 all waiters go on.
  // An add from 0 upwards must happen before each wait that is to see it, and after
  // the others have returned, as in Go: beside one it may be lost, or undo another.
  //
  // Errors  panic_error "sync: negative WaitGroup counter", where several threads
  //         count perhaps not before wait, and then fatal;
  //         panic_error "sync: WaitGroup misuse: Add called concurrently with
  //         Wait", where that is noticed. The counter is as before then.
  void add(int n) {
    if (n != 0 && !count_.addown(n)) add_shared(n);  // C5
  }

  // done is add(-1).
  void done() { add(-1); }

  // wait blocks until the counter is 0. It ends the process, with "sync: negative
  // WaitGroup counter", if it finds that.
  void wait() noexcept {
    if (const std::int64_t n = count_.sumown(); n != 0) wait_slow(n);
  }

  // go runs f in a goroutine that is counted here: add(1), and done() when f
  // and what it owns is gone. f must not throw: that is a panic as everywhere.
  template <class F>
  [[gnu::always_inline]] void go(F f) {
    // The closure can be copied as bytes if f can: the cheaper way to start it.
    struct counted {
      wait_group* wg;
      F f;
      void operator()() {
        const finisher last{wg};
        F body(std::move(f));
        body();
      }
    };
    add(1);
    finisher unstarted{this};
    burrow::go(counted{this, std::move(f)});
    unstarted.g = nullptr;
  }

 private:
  friend struct rt::lockview;

  static constexpr std::int64_t kOne = detail::ownedcount::kOne;
  static constexpr std::int64_t kOwned = detail::ownedcount::kOwned;
  static constexpr std::int64_t kWaiters = 1;

  // finisher calls done() at its end.
  struct finisher {
    explicit finisher(wait_group* wg) noexcept : g(wg) {}
    finisher(const finisher&) = delete;
    finisher& operator=(const finisher&) = delete;
    ~finisher() noexcept(false) {
      if (g != nullptr) g->done();
    }
    wait_group* g;
  };

  void drop_waiters() noexcept;
  std::int64_t counted() noexcept;
  void add_shared(int n);
  void add_slow(std::int64_t was, int n);
  void wait_slow(std::int64_t n) noexcept;
  void wait_shared() noexcept;

  detail::ownedcount count_;
  detail::spinlock lock_;
  detail::waitq q_;  // under lock_
};

}  // namespace burrow
