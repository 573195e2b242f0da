// sys/linux/thread.cc - threads, their ids, signal masks and kernel areas.
#include <cerrno>

#include "asm/asm.h"
#include "sys/linux/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

// The kernel's masks have 64 bits whatever libc's have.
constexpr std::size_t kMaskBytes = 8;
constexpr int kSetmask = 2;

// One more thread of this process: address space, files, signal handlers and
// System V semaphores shared (qemu-user wants the last), thread pointer given,
// the tid word written at the start and cleared at the end.
constexpr std::uintptr_t kVm = 0x100, kFs = 0x200, kFiles = 0x400;
constexpr std::uintptr_t kSighand = 0x800, kThread = 0x10000,
                         kSysvsem = 0x40000;
constexpr std::uintptr_t kSettls = 0x80000, kParentSettid = 0x100000;
constexpr std::uintptr_t kChildCleartid = 0x200000;
constexpr std::uintptr_t kThreadFlags = kVm | kFs | kFiles | kSighand |
                                        kThread | kSysvsem | kSettls |
                                        kParentSettid | kChildCleartid;
static_assert(kThreadFlags == 0x3d0f00, "what valgrind takes for a thread");

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

}  // namespace

std::int64_t gettid() noexcept { return syscall(nr::gettid); }

std::int64_t getpid() noexcept { return syscall(nr::getpid); }

std::int64_t tgkill(std::int64_t tid, int sig) noexcept {
  return syscall(nr::tgkill, getpid(), tid, sig);
}

int threadcount() noexcept {
  constexpr int kHere = -100, kNlink = 4;
  struct {
    std::uint32_t mask, blksize;
    std::uint64_t attributes;
    std::uint32_t nlink;
    unsigned char rest[236];
  } st;
  static_assert(sizeof st == 256, "the kernel's struct statx");
  const std::int64_t err =
      syscall(nr::statx, kHere, "/proc/self/task", 0, kNlink, &st);
  if (err < 0) return static_cast<int>(err);
  if (st.nlink < 3) return -ENOSYS;  // not a /proc that counts its folders
  return static_cast<int>(st.nlink - 2);
}

std::int64_t sigmask_all(std::uint64_t* old) noexcept {
  const std::uint64_t all = ~std::uint64_t{0};
  return syscall(nr::rt_sigprocmask, kSetmask, &all, old, kMaskBytes);
}

std::int64_t sigmask_restore(const std::uint64_t* old) noexcept {
  return syscall(nr::rt_sigprocmask, kSetmask, old, nullptr, kMaskBytes);
}

std::int64_t newthread(void* sp, void* tls, std::atomic<std::uint32_t>* tid,
                       void (*fn)(void*), void* arg) noexcept {
  return burrow_clone(kThreadFlags, sp, reinterpret_cast<std::uint32_t*>(tid),
                      tls, fn, arg);
}

std::int64_t rseqregister(void* area, std::uint32_t bytes,
                          std::uint32_t signature) noexcept {
  return syscall(nr::rseq, area, bytes, 0, signature);
}

std::int64_t robustlist_get(void** head, std::size_t* bytes) noexcept {
  return syscall(nr::get_robust_list, 0, head, bytes);
}

std::int64_t robustlist_set(void* head, std::size_t bytes) noexcept {
  return syscall(nr::set_robust_list, head, bytes);
}

std::int64_t write(int fd, const void* from, std::size_t n) noexcept {
  return syscall(nr::write, fd, from, n);
}

void exitprocess(int code) noexcept {
  for (;;) syscall(nr::exit_group, code);
}

}  // namespace burrow::sys
