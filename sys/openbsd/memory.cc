// sys/openbsd/memory.cc - mmap, which has had two shapes.
#include "sys/bsd/memory.h"

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

// Until 7.0 there is a word before the offset, so that 64 bits are aligned; the
// call without it has a number of its own. Both take 64 bits as two words on 386.
std::int64_t mapanon(void* at, std::size_t bytes, int prot,
                     int flags) noexcept {
  if (kernel::release() < kernel::k71)
    return syscall(kernel::kMmapPadded, at, bytes, prot,
                   flags | kernel::kMapAnon, -1, 0, 0, 0);
  return syscall(kernel::kMmap, at, bytes, prot, flags | kernel::kMapAnon, -1,
                 0, 0);
}

// The kernel frees the pages at once.
std::int64_t sysunused(void* at, std::size_t bytes) noexcept {
  constexpr int kFree = 6;
  return syscall(kernel::kMadvise, at, bytes, kFree);
}

}  // namespace burrow::sys
