// runtime/sched/lock.h - the locks on which threads (not goroutines) wait.
//
// rtmutex guards the scheduler's shared state (sched.lock). note is a one-shot
// event for one sleeper: noteclear, then notesleep on one side and notewakeup on
// the other, in any order.
//
// Context of all: a thread in the runtime (g0, or a goroutine between enter and
// leave), or a foreign thread. They block the thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::rt {

// pace waits before another look at a lock that somebody has; n looks have been in
// vain. It pauses, then gives the processor away, then sleeps: a holder that lost its
// processor gets it back even when there are more threads than processors.
void pace(std::uint32_t n) noexcept;

// rtmutex is a three-state futex lock (free, held, held with sleepers), after
// Drepper, "Futexes are tricky", mutex 2.
class rtmutex {
 public:
  void lock() noexcept {
    std::uint32_t c = 0;
    if (!word_.compare_exchange_strong(c, 1, std::memory_order_acquire,
                                       std::memory_order_relaxed))
      lockslow();
  }
  bool trylock() noexcept {
    std::uint32_t c = 0;
    return word_.compare_exchange_strong(c, 1, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  void unlock() noexcept {
    if (word_.exchange(0, std::memory_order_release) == 2) unlockslow();
  }

 private:
  void lockslow() noexcept;
  void unlockslow() noexcept;

  std::atomic<std::uint32_t> word_{0};
};

class note {
 public:
  void clear() noexcept { word_.store(0, std::memory_order_relaxed); }

  // wakeup lets the sleeper go; further wake-ups before clear are ignored.
  void wakeup() noexcept;

  // sleep waits for wakeup, at most ns nanoseconds (-1: for ever), and says
  // whether it came.
  bool sleep(std::int64_t ns) noexcept;

  // seq_cst, as the exchange of wakeup: wakem has the other half.
  bool signaled() const noexcept {
    return word_.load(std::memory_order_seq_cst) != 0;
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

// lockwaited notes for the p of the calling thread, if it has one, that a spinlock was
// found taken (donate.cc). Any thread; does not block.
void lockwaited() noexcept;

// lockguard holds an rtmutex for a scope.
class lockguard {
 public:
  explicit lockguard(rtmutex& l) noexcept : l_(l) { l_.lock(); }
  ~lockguard() { l_.unlock(); }
  lockguard(const lockguard&) = delete;
  lockguard& operator=(const lockguard&) = delete;

 private:
  rtmutex& l_;
};

}  // namespace burrow::rt
