// sys/darwin/ticks_arm64.h - the monotonic clock, by the trap that reads it.
//
// Rejected: the counter's register and the shared page's offset, which is what
// libSystem does and costs no call. Which of three ways the page tells differs by
// processor and release, and nothing here can run any of them.
#pragma once

#include <atomic>
#include <cstdint>

#include "sys/bsd/syscall.h"
#include "sys/refused.h"

namespace burrow::sys {

// What a tick is worth: the kernel's fraction, numerator first, asked once. Who is not
// told it ends: on Apple's own processors the clock would go 42 times too slow.
inline std::uint64_t timebase() noexcept {
  constexpr std::uint32_t kTimebase = 1U << 24 | 89;  // of class 1, Mach
  static constinit std::atomic<std::uint64_t> known{0};
  // Relaxed: whoever comes at once finds the same fraction.
  std::uint64_t both = known.load(std::memory_order_relaxed);
  if (both != 0) return both;
  std::uint32_t fraction[2] = {1, 1};
  if (const std::int64_t r = syscall(kTimebase, fraction); r != 0)
    refused("mach_timebase_info", -r);
  both = std::uint64_t{fraction[1]} << 32 | fraction[0];
  known.store(both, std::memory_order_relaxed);
  return both;
}

// In parts, so that nothing overflows within centuries.
inline std::int64_t ticks() noexcept {
  constexpr std::uint32_t kAbsolutetime = 1U << 24 | 3;
  const std::uint64_t numer = timebase() & 0xffffffff, denom = timebase() >> 32;
  const std::uint64_t t = syscallresult(kAbsolutetime).value;
  return static_cast<std::int64_t>(t / denom * numer +
                                   t % denom * numer / denom);
}

}  // namespace burrow::sys
