// sys/linux/mem.cc - address space: reserve, guard, give back.
//
// Reservations are MAP_NORESERVE: a million goroutine stacks are far more
// address space than the machine has memory, and the kernel must not refuse them
// for that. Transparent huge pages are turned off for them, or the first touch of
// a stack would commit two megabytes.
#include <cerrno>

#include "sys/linux/auxv.h"
#include "sys/linux/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr int kNone = 0, kRead = 1, kWrite = 2;                 // PROT_
constexpr int kPrivate = 2, kAnon = 0x20, kNoreserve = 0x4000;  // MAP_
constexpr int kDontneed = 4, kNohugepage = 15;                  // MADV_
constexpr int kPopulateWrite = 23, kGuardInstall = 102;         // ... too
constexpr int kSelf = -10001;  // PIDFD_SELF_THREAD_GROUP

// believable says whether the kernel means it when it takes an advice: an emulator
// may say yes to any, and do nothing.
bool believable(void* at, std::size_t bytes) noexcept {
  constexpr int kNonsense = 0x7fff;
  static constinit std::atomic<int> known{0};  // 1: yes, 2: no
  // Relaxed: whoever asks at once finds out the same.
  int is = known.load(std::memory_order_relaxed);
  if (is == 0) {
    is = syscall(nr::madvise, at, bytes, kNonsense) < 0 ? 1 : 2;
    known.store(is, std::memory_order_relaxed);
  }
  return is == 1;
}

struct iovec {
  void* base;
  std::size_t bytes;
};

// adviseeach gives advice for n pieces of memory, stride apart: many in one call where
// the kernel knows the calling process without a file descriptor (Linux 6.14). One of
// our own could be closed by a program that closes all it does not know, and its number
// name another process then.
std::int64_t adviseeach(void* at, std::size_t stride, std::size_t bytes,
                        std::size_t n, int advice) noexcept {
  constexpr std::size_t kAtOnce = 64;
  auto* next = static_cast<char*>(at);
  while (n > 1) {
    iovec pieces[kAtOnce];
    const std::size_t k = n < kAtOnce ? n : kAtOnce;
    for (std::size_t i = 0; i < k; i++) pieces[i] = {next + i * stride, bytes};
    const std::int64_t done =
        syscall(nr::process_madvise, kSelf, pieces, k, advice, 0);
    if (done <= 0) break;
    const std::size_t whole = static_cast<std::size_t>(done) / bytes;
    if (whole == 0) break;
    next += whole * stride;
    n -= whole;
  }
  for (; n > 0; n--, next += stride) {
    const std::int64_t r = syscall(nr::madvise, next, bytes, advice);
    if (r < 0) return r;
  }
  return 0;
}

}  // namespace

void* sysreserve(std::size_t bytes) noexcept {
  void* const at = mapped(syscall(nr::mmap, nullptr, bytes, kRead | kWrite,
                                  kPrivate | kAnon | kNoreserve, -1, 0));
  if (at == nullptr) return nullptr;
  // -EINVAL where the kernel was built without huge pages: nothing to turn off.
  syscall(nr::madvise, at, bytes, kNohugepage);
  return at;
}

std::int64_t sysfree(void* at, std::size_t bytes) noexcept {
  return syscall(nr::munmap, at, bytes);
}

std::int64_t sysguard(void* at, std::size_t stride, std::size_t bytes,
                      std::size_t n) noexcept {
  if (!believable(at, bytes)) return -EINVAL;
  return adviseeach(at, stride, bytes, n, kGuardInstall);
}

std::int64_t syscommit(void* at, std::size_t stride, std::size_t bytes,
                       std::size_t n) noexcept {
  return adviseeach(at, stride, bytes, n, kPopulateWrite);
}

std::int64_t sysprotectnone(void* at, std::size_t bytes) noexcept {
  return syscall(nr::mprotect, at, bytes, kNone);
}

std::int64_t sysunused(void* at, std::size_t bytes) noexcept {
  return syscall(nr::madvise, at, bytes, kDontneed);
}

std::size_t pagesize() noexcept {
  if constexpr (kPagesize != 0) {
    return kPagesize;
  } else {
    constexpr std::uintptr_t kPagesz = 6;  // AT_PAGESZ
    static constinit std::atomic<std::size_t> known{0};
    // Relaxed: whoever asks at once finds out the same.
    std::size_t n = known.load(std::memory_order_relaxed);
    if (n != 0) return n;
    n = auxval(kPagesz);
    if (n == 0) n = kMaxPagesize;  // no /proc: larger is safe
    known.store(n, std::memory_order_relaxed);
    return n;
  }
}

}  // namespace burrow::sys
