// sys/openbsd/futex.cc - sleep on a word of memory, wake who sleeps there.
//
// From 6.2 on by the kernel's futex, whose operations have numbers of their own and
// whose error is a result on some kernels and an error on others. Before, by
// __thrsleep, which compares nothing: see there.
#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/openbsd/thrsleep.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr int kWait = 1, kWake = 2;

}  // namespace

std::int64_t futexsleep(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept {
  if (kernel::release() < kernel::k62) return thrsleepif(addr, val, ns);
  const kernel::timespec t(ns);
  const std::int64_t r =
      syscall(kernel::kFutex, addr, kWait, val, ns < 0 ? nullptr : &t, nullptr);
  const std::int64_t err = r > 0 ? -r : r;
  return err == -ECANCELED ? -EINTR : err;  // a handler that restarts calls
}

std::int64_t futexwakeup(std::atomic<std::uint32_t>* addr,
                         std::uint32_t n) noexcept {
  if (kernel::release() < kernel::k62) return thrwakeup(addr, n);
  constexpr std::uint32_t kMost = 0x7fffffff;  // the kernel's count is signed
  return syscall(kernel::kFutex, addr, kWake, n < kMost ? n : kMost, nullptr,
                 nullptr);
}

}  // namespace burrow::sys
