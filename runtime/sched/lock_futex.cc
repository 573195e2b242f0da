// runtime/sched/lock_futex.cc - rtmutex, note and the slow path of spinlock; pace.

#include <cerrno>

#include "burrow/detail/asym.h"
#include "burrow/detail/spinlock.h"
#include "runtime/sched/lock.h"
#include "sys/os.h"

namespace burrow::rt {

void pace(std::uint32_t n) noexcept {
  if (n < 50) {
    sys::procyield(20);
  } else if (n < 70) {
    sys::osyield();
  } else {
    sys::usleep(n < 100 ? 20 : 200);
  }
}

void rtmutex::lockslow() noexcept {
  for (int i = 0; i < 4; i++) {
    sys::procyield(30);
    std::uint32_t c = 0;
    if (word_.load(std::memory_order_relaxed) == 0 &&
        word_.compare_exchange_strong(c, 1, std::memory_order_acquire,
                                      std::memory_order_relaxed))
      return;
  }
  // From here we take it as "held with sleepers": we cannot know whether we
  // are the last of them, and one needless wake-up is cheaper than a lost one.
  while (word_.exchange(2, std::memory_order_acquire) != 0)
    sys::futexsleep(&word_, 2, -1);
}

void rtmutex::unlockslow() noexcept { sys::futexwakeup(&word_, 1); }

void note::wakeup() noexcept {
  if (word_.exchange(1, std::memory_order_seq_cst) == 0)
    sys::futexwakeup(&word_, 1);
}

bool note::sleep(std::int64_t ns) noexcept {
  if (ns < 0 || ns > INT64_MAX / 2) {  // a deadline that far off never comes
    while (!signaled()) sys::futexsleep(&word_, 0, -1);
    return true;
  }
  const std::int64_t end = sys::nanotime() + ns;
  while (!signaled()) {
    const std::int64_t left = end - sys::nanotime();
    if (left <= 0) return false;
    sys::futexsleep(&word_, 0, left);
  }
  return true;
}

}  // namespace burrow::rt

namespace burrow::detail {

void asymmetric_heavy() noexcept { sys::membarrier(); }

void spinlock::lock_slow() noexcept {
  rt::lockwaited();
  for (std::uint32_t n = 0;; n++) {
    if (word_.load(std::memory_order_relaxed) == 0 &&
        word_.exchange(1, std::memory_order_acquire) == 0)
      return;
    rt::pace(n);
  }
}

}  // namespace burrow::detail
