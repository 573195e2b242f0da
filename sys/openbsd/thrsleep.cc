// sys/openbsd/thrsleep.cc - futexes by __thrsleep and __thrwakeup.
//
// The kernel sleeps on a number (we give it the word's address) and compares
// nothing. It reads an abort word, though, after it has queued the sleeper: is
// that not zero, the sleep ends at once.
//
//   sleeper   takes a slot: slot.addr = addr; fence; *addr != val -> leave;
//             __thrsleep(addr, abort = &slot.abort)
//   waker     has changed *addr; fence; for each slot with this addr:
//             slot.abort = 1; __thrwakeup(addr, n)
//
// Invariant: of the two fences one is first. Either the sleeper sees the changed
// word, or the waker sees its slot; then the sleeper is queued already and the
// wakeup finds it, or it reads the abort word later. A wake-up too many is allowed.
//
// Rejected: the kernel's other way, a lock that it releases for the sleeper. A
// handler that wakes would spin for ever on the lock of the thread below it.
#include "sys/openbsd/thrsleep.h"

#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr int kMonotonic = 3;

struct slot {
  std::atomic<std::uintptr_t> addr;
  std::atomic<std::uint32_t> abort;
};
constexpr int kSlots = 256;
constinit slot slots[kSlots] = {};

slot* take(std::uintptr_t addr) noexcept {
  for (slot& s : slots) {
    std::uintptr_t none = 0;
    if (s.addr.load(std::memory_order_relaxed) != 0) continue;
    if (!s.addr.compare_exchange_strong(none, ~std::uintptr_t{0})) continue;
    s.abort.store(0, std::memory_order_relaxed);
    // Sequentially consistent: before the look at *addr. See above.
    s.addr.store(addr);
    return &s;
  }
  return nullptr;
}

}  // namespace

std::int64_t thrsleepif(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept {
  slot* const s = take(reinterpret_cast<std::uintptr_t>(addr));
  if (s == nullptr) {  // more sleepers than slots: each looks now and then
    if (addr->load() != val) return -EAGAIN;
    usleep(1000);
    return addr->load() != val ? 0 : -EINTR;
  }
  std::int64_t r = -EAGAIN;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (addr->load() == val) {
    const kernel::timespec until(ns < 0 ? 0 : nanotime() + ns);
    // Its error is the result, by value: the call itself has not failed.
    r = syscall(kernel::thrsleep(), addr, kMonotonic, ns < 0 ? nullptr : &until,
                nullptr, &s->abort);
    if (r > 0) r = -r;
    if (r == -ECANCELED) r = -EINTR;  // a handler that restarts calls
  }
  // Release: what we did with the slot is over for the next one to take it.
  s->addr.store(0, std::memory_order_release);
  return r == -EWOULDBLOCK && ns >= 0 ? -ETIMEDOUT : r;
}

std::int64_t thrwakeup(std::atomic<std::uint32_t>* addr,
                       std::uint32_t n) noexcept {
  if (n == 0) return 0;  // to the kernel: all
  // Between the caller's change of *addr and the look at the slots. See above.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (slot& s : slots)
    if (s.addr.load() == reinterpret_cast<std::uintptr_t>(addr))
      s.abort.store(1);
  constexpr std::uint32_t kMost = 0x7fffffff;
  const std::int64_t r = syscall(kernel::kThrwakeup, addr, n < kMost ? n : 0);
  return r == 0 ? 1 : 0;  // ESRCH by value: nobody slept
}

}  // namespace burrow::sys
