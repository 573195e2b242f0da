// sys/bsd/mem.cc - address space: reserve, guard, give back.
//
// Every mapping may become a stack, so every one has what the kernel wants of a
// stack's memory (kernel::kMapAny).
#include <cerrno>

#include "sys/bsd/memory.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr int kNone = 0, kReadwrite = 3;  // PROT_
constexpr int kShared = 1, kPrivate = 2;  // MAP_

void* pointer(std::int64_t at) noexcept {
  return at < 0 ? nullptr
                : reinterpret_cast<void*>(static_cast<std::uintptr_t>(at));
}

}  // namespace

void* sysreserve(std::size_t bytes) noexcept {
  return pointer(mapanon(nullptr, bytes, kReadwrite,
                         kPrivate | kernel::kMapNoreserve | kernel::kMapAny));
}

void* sysshared(std::size_t bytes) noexcept {
  return pointer(mapanon(nullptr, bytes, kReadwrite, kShared));
}

std::int64_t sysfree(void* at, std::size_t bytes) noexcept {
  return syscall(kernel::kMunmap, at, bytes);
}

std::int64_t sysguard(void*, std::size_t, std::size_t, std::size_t) noexcept {
  return -EINVAL;  // no guards without a mapping of their own
}

std::int64_t syscommit(void*, std::size_t, std::size_t, std::size_t) noexcept {
  return -EINVAL;  // nothing takes less than to touch a page
}

std::int64_t sysprotectnone(void* at, std::size_t bytes) noexcept {
  return syscall(kernel::kMprotect, at, bytes, kNone);
}

std::size_t pagesize() noexcept { return kernel::kPage; }

}  // namespace burrow::sys
