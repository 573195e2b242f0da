// sys/darwin/memory.cc - mmap, and memory given back.
#include "sys/bsd/memory.h"

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

// The offset has 64 bits: two words on 386.
std::int64_t mapanon(void* at, std::size_t bytes, int prot,
                     int flags) noexcept {
  return syscall(kernel::kMmap, at, bytes, prot, flags | kernel::kMapAnon, -1,
                 0, 0);
}

// The kernel's advice to free only hints: what was there may be there still. A fresh
// mapping in the old one's place reads as zero.
std::int64_t sysunused(void* at, std::size_t bytes) noexcept {
  constexpr int kReadwrite = 3, kPrivate = 2, kFixed = 0x10;
  const std::int64_t r =
      mapanon(at, bytes, kReadwrite, kPrivate | kFixed | kernel::kMapNoreserve);
  return r < 0 ? r : 0;
}

}  // namespace burrow::sys
