// sys/linux/mem.cc - address space: reserve, guard, give back.
//
// Reservations are MAP_NORESERVE: a million goroutine stacks are far more
// address space than the machine has memory, and the kernel must not refuse them
// for that. Transparent huge pages are turned off for them, or the first touch of
// a stack would commit two megabytes.
#include "sys/linux/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr int kNone = 0, kRead = 1, kWrite = 2;                      // PROT_
constexpr int kPrivate = 2, kAnon = 0x20, kNoreserve = 0x4000;       // MAP_
constexpr int kDontneed = 4, kNohugepage = 15, kGuardInstall = 102;  // MADV_

}  // namespace

void* sysreserve(std::size_t bytes) noexcept {
  const std::int64_t at = syscall(nr::mmap, nullptr, bytes, kRead | kWrite,
                                  kPrivate | kAnon | kNoreserve, -1, 0);
  if (at < 0) return nullptr;
  // -EINVAL where the kernel was built without huge pages: nothing to turn off.
  syscall(nr::madvise, at, bytes, kNohugepage);
  return reinterpret_cast<void*>(at);
}

std::int64_t sysfree(void* at, std::size_t bytes) noexcept {
  return syscall(nr::munmap, at, bytes);
}

std::int64_t sysguard(void* at, std::size_t bytes) noexcept {
  return syscall(nr::madvise, at, bytes, kGuardInstall);
}

std::int64_t sysprotectnone(void* at, std::size_t bytes) noexcept {
  return syscall(nr::mprotect, at, bytes, kNone);
}

std::int64_t sysunused(void* at, std::size_t bytes) noexcept {
  return syscall(nr::madvise, at, bytes, kDontneed);
}

std::size_t pagesize() noexcept { return 4096; }  // amd64 has no other

}  // namespace burrow::sys
