// sys/linux/futex.cc - sleep on a word of memory, wake who sleeps there.
//
// Private futexes: the words are this process's own, which spares the kernel
// the look-up of the page behind the address. A relative timeout is measured on
// the monotonic clock.
#include "sys/linux/time.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr int kWaitPrivate = 0 | 128;
constexpr int kWakePrivate = 1 | 128;

}  // namespace

std::int64_t futexsleep(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept {
  if (ns < 0) return futexcall(addr, kWaitPrivate, val, nullptr);
  const timespec t{ns / kSecond, ns % kSecond};
  return futexcall(addr, kWaitPrivate, val, &t);
}

std::int64_t futexwakeup(std::atomic<std::uint32_t>* addr,
                         std::uint32_t n) noexcept {
  constexpr std::uint32_t kMost = 0x7fffffff;  // the kernel's count is signed
  return futexcall(addr, kWakePrivate, n < kMost ? n : kMost, nullptr);
}

}  // namespace burrow::sys
