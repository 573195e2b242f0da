// sys/openbsd/release.cc - which kernel this is.
#include <atomic>

#include "sys/bsd/syscall.h"

namespace burrow::sys::kernel {

namespace {

constinit std::atomic<std::uint32_t> known{0};

}  // namespace

std::uint32_t release() noexcept {
  // Relaxed: whoever comes at once finds the same number.
  std::uint32_t r = known.load(std::memory_order_relaxed);
  if (r != 0) return r;
  constexpr int kName[2] = {1, 3};  // kern.osrevision
  std::int32_t value = 0;
  std::size_t bytes = sizeof value;
  syscall(kSysctl, kName, 2, &value, &bytes, nullptr, 0);
  // A kernel that does not know it is a later one than any of those.
  r = value > 0 ? static_cast<std::uint32_t>(value) : 999999;
  known.store(r, std::memory_order_relaxed);
  return r;
}

}  // namespace burrow::sys::kernel
