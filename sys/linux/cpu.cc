// sys/linux/cpu.cc - which processors there are for us.
#include <bit>

#include "sys/linux/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

int ncpu() noexcept {
  std::uint64_t mask[256];  // the kernel's own limit is half of these bits
  const std::int64_t bytes =
      syscall(nr::sched_getaffinity, 0, sizeof mask, mask);
  int n = 0;
  for (std::int64_t i = 0; i < bytes / 8; i++) n += std::popcount(mask[i]);
  return n > 0 ? n : 1;
}

void osyield() noexcept { syscall(nr::sched_yield); }

}  // namespace burrow::sys
