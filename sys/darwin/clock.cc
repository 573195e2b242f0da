// sys/darwin/clock.cc - the monotonic clock, read from the page that the kernel
// shares with all programs, and naps.
//
// There is no call that reads that clock. The page's words change together: the
// generation is 0 meanwhile, and another one afterwards.
#include "sys/darwin/clock.h"

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

struct timedata {
  std::uint64_t tsc;
  std::uint32_t scale;
  std::uint32_t shift;
  std::uint64_t ns;
  std::uint32_t generation;
};
static_assert(offsetof(timedata, generation) == 0x18);

const volatile timedata& page() noexcept {
  constexpr std::uintptr_t kPage =
      sizeof(void*) == 8 ? static_cast<std::uintptr_t>(0x7fffffe00000ULL)
                         : 0xffff0000;
  return *reinterpret_cast<const volatile timedata*>(kPage + 0x50);
}

std::uint64_t timestamp() noexcept {
  std::uint32_t lo, hi;
  asm volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi)::"memory");
  return static_cast<std::uint64_t>(hi) << 32 | lo;
}

}  // namespace

std::int64_t nanotime() noexcept {
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

std::int64_t nap(std::uint32_t us) noexcept {
  const struct {
    long sec;
    std::int32_t usec;
  } t{static_cast<long>(us / 1'000'000),
      static_cast<std::int32_t>(us % 1'000'000)};
  return syscall(kernel::kSelect, 0, nullptr, nullptr, nullptr, &t);
}

void usleep(std::uint32_t us) noexcept { nap(us); }

void osyield() noexcept {
  constexpr std::uint32_t kThreadswitch = kernel::kMach + 61;
  syscall(kThreadswitch, 0, 0, 0);
}

}  // namespace burrow::sys
