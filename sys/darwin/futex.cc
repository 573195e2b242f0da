// sys/darwin/futex.cc - sleep on a word of memory, wake who sleeps there.
//
// From 10.12 on by ulock. Before, a sleeper looks at the word each millisecond: the
// kernel has semaphores, but they are made by a message to the task, of which
// burrow has no code.
#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/darwin/clock.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::uint32_t kWait = kernel::kBsd + 515;
constexpr std::uint32_t kWake = kernel::kBsd + 516;
constexpr std::uint32_t kCompare = 1, kWakeall = 0x100;
constexpr int kNobody = 2;  // ENOENT

// The value has 64 bits, which are two words on 386.
std::int64_t ulockwait(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                       std::uint32_t us) noexcept {
  if (sizeof(void*) == 8) return syscall(kWait, kCompare, addr, val, us);
  return syscall(kWait, kCompare, addr, val, 0, us);
}

std::int64_t poll(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                  std::int64_t ns) noexcept {
  const std::int64_t end = ns < 0 ? 0 : nanotime() + ns;
  while (addr->load() == val) {
    if (ns >= 0 && nanotime() >= end) return -ETIMEDOUT;
    if (const std::int64_t r = nap(1000); r < 0) return r;
  }
  return 0;
}

}  // namespace

std::int64_t futexsleep(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept {
  // The call says of a changed word what it says of a wake-up.
  if (addr->load() != val) return -EAGAIN;
  if (kernel::release() < kernel::kSierra) return poll(addr, val, ns);
  constexpr std::int64_t kMost = 0xffffffff;
  std::int64_t us = ns < 0 ? 0 : (ns + 999) / 1000;
  if (ns == 0) us = 1;  // 0 is for ever
  const bool less = us > kMost;
  if (less) us = kMost;
  std::int64_t r = ulockwait(addr, val, static_cast<std::uint32_t>(us));
  if (r == -ETIMEDOUT && less) r = -EINTR;
  return r > 0 ? 0 : r;  // how many others sleep there
}

std::int64_t futexwakeup(std::atomic<std::uint32_t>* addr,
                         std::uint32_t n) noexcept {
  if (kernel::release() < kernel::kSierra) return 0;
  const bool all = n > 64;
  std::int64_t woken = 0;
  for (; n > 0; n = all ? 0 : n - 1, woken++) {
    const std::int64_t r =
        syscall(kWake, kCompare | (all ? kWakeall : 0), addr, 0, 0);
    if (r >= 0) continue;
    if (r != -kNobody && woken == 0) return r;
    break;
  }
  return woken;
}

}  // namespace burrow::sys
