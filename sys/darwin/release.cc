// sys/darwin/release.cc - which kernel this is.
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
  constexpr int kName[2] = {1, 2};  // kern.osrelease, as in "16.7.0"
  char text[32] = {};
  std::size_t bytes = sizeof text;
  syscall(kSysctl, kName, 2, text, &bytes, nullptr, 0);
  for (const char* c = text; *c >= '0' && *c <= '9'; c++)
    r = r * 10 + static_cast<std::uint32_t>(*c - '0');
  if (r == 0) r = 99;  // a later one than any that we know
  known.store(r, std::memory_order_relaxed);
  return r;
}

}  // namespace burrow::sys::kernel
