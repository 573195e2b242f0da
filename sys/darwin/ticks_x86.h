// sys/darwin/ticks_x86.h - the monotonic clock, read from the page that the kernel
// shares with all programs.
//
// There is no call that reads that clock. The page's words change together: the
// generation is 0 meanwhile, and another one afterwards.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

struct timedata {
  std::uint64_t tsc;
  std::uint32_t scale;
  std::uint32_t shift;
  std::uint64_t ns;
  std::uint32_t generation;
};
static_assert(offsetof(timedata, generation) == 0x18);

inline const volatile timedata& page() noexcept {
  constexpr std::uintptr_t kPage =
      sizeof(void*) == 8 ? static_cast<std::uintptr_t>(0x7fffffe00000ULL)
                         : 0xffff0000;
  return *reinterpret_cast<const volatile timedata*>(kPage + 0x50);
}

inline std::uint64_t timestamp() noexcept {
  std::uint32_t lo, hi;
  asm volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi)::"memory");
  return static_cast<std::uint64_t>(hi) << 32 | lo;
}

inline std::int64_t ticks() noexcept {
  const volatile timedata& t = page();
  for (;;) {
    const std::uint32_t generation = t.generation;
    const std::uint64_t d = (timestamp() - t.tsc) << t.shift;
    const std::uint64_t scale = t.scale;
    const std::uint64_t ns =
        t.ns + (d >> 32) * scale + ((d & 0xffffffff) * scale >> 32);
    if (generation != 0 && generation == t.generation)
      return static_cast<std::int64_t>(ns);
  }
}

}  // namespace burrow::sys
