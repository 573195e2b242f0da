// burrow/detail/spinlock.h - the lock of the sync types, and what channels' is made of.
//
// Held for a few dozen instructions only, never over user code that can block.
// The unlock is a plain release store: that lets the goroutine which arrives
// after a switch release the lock of the one that left (gopark), and saves the
// second locked instruction of a futex mutex. The price is that waiters poll:
// they pause, then yield the processor, then sleep in growing steps, so that a
// holder whose thread was descheduled gets to run.
//
// Rejected: Go's three-state futex mutex. Its unlock is an exchange (7 ns here),
// paid by everybody for the sake of a contention that lasts nanoseconds.
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::detail {

class spinlock {
 public:
  constexpr spinlock() noexcept = default;
  spinlock(const spinlock&) = delete;
  spinlock& operator=(const spinlock&) = delete;

  void lock() noexcept {
    if (word_.exchange(1, std::memory_order_acquire) != 0) lock_slow();
  }

  bool try_lock() noexcept {
    return word_.load(std::memory_order_relaxed) == 0 &&
           word_.exchange(1, std::memory_order_acquire) == 0;
  }

  // held says whether somebody has it; if not, what he did before is seen.
  bool held() const noexcept {
    return word_.load(std::memory_order_acquire) != 0;
  }

  void unlock() noexcept { word_.store(0, std::memory_order_release); }

  // letgo is unlock for who does not know whether it is a biasedlock.
  [[gnu::always_inline]] void letgo() noexcept {
    // relaxed: the holder reads what it has stored itself, or kFree (B2).
    if (own_.load(std::memory_order_relaxed) == own::held) {
      own_.store(own::free, std::memory_order_release);
    } else {
      unlock();
    }
  }

  // biased says that this is a biasedlock (detail/biasedlock.h).
  bool biased() const noexcept {
    return own_.load(std::memory_order_relaxed) != own::never;
  }

 protected:
  enum class own : std::uint8_t { never, free, tentative, held };
  explicit constexpr spinlock(own o) noexcept : own_(o) {}

  std::atomic<std::uint8_t> word_{0};
  std::atomic<own> own_{own::never};  // a biasedlock's

 private:
  void lock_slow() noexcept;
};

}  // namespace burrow::detail
