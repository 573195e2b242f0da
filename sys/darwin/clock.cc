// sys/darwin/clock.cc - the monotonic clock, which no call reads on x86, and naps.
#include "sys/darwin/clock.h"

#include "sys/bsd/syscall.h"
#include "sys/os.h"

#ifdef __aarch64__
#include "sys/darwin/ticks_arm64.h"
#else
#include "sys/darwin/ticks_x86.h"
#endif

namespace burrow::sys {

std::int64_t nanotime() noexcept { return ticks(); }

std::int64_t coarsetime() noexcept { return nanotime(); }

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
