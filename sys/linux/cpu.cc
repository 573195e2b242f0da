// sys/linux/cpu.cc - which processors there are for us.
#include <bit>

#include "sys/linux/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

int ncpu() noexcept {
  // Of the kernel's words; its own limit is half of these bits.
  std::uintptr_t mask[2048 / sizeof(std::uintptr_t)];
  const std::int64_t bytes =
      syscall(nr::sched_getaffinity, 0, sizeof mask, mask);
  const std::int64_t words = bytes / std::int64_t{sizeof mask[0]};
  int n = 0;
  for (std::int64_t i = 0; i < words; i++) n += std::popcount(mask[i]);
  return n > 0 ? n : 1;
}

void osyield() noexcept { syscall(nr::sched_yield); }

}  // namespace burrow::sys
