// sys/openbsd/clock.cc - the monotonic clock, and naps.
#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

std::int64_t nanotime() noexcept {
  constexpr int kMonotonic = 3;
  kernel::timespec now;
  syscall(kernel::clockgettime(), kMonotonic, &now);
  return now.ns();
}

std::int64_t coarsetime() noexcept { return nanotime(); }

void usleep(std::uint32_t us) noexcept {
  const kernel::timespec t(std::int64_t{us} * 1000);
  syscall(kernel::nanosleep(), &t, nullptr);
}

void osyield() noexcept { syscall(kernel::kYield); }

}  // namespace burrow::sys
