// sys/linux/membarrier.cc - a full fence in every running thread of the process.
//
// Three ways, best first. The kernel's private expedited barrier (4.14)
// interrupts the processors that run this process. Its older global barrier
// (4.3) waits until every processor has passed through the scheduler. Where a
// sandbox forbids the call, taking the write permission from a touched page makes
// the kernel interrupt the same processors, to drop their copies of the
// translation; an interrupt's return is a full barrier. Not on every processor:
// see kProtectInterrupts.
//
// Invariant: the way only changes at the first use, and when the one in use
// fails (a kernel that forgot the registration), so that it is never wrong to use
// the way just read.
//
// Rejected: a signal to every thread. It interrupts users' system calls.
#include <cerrno>

#include "sys/linux/syscall.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::sys {

namespace {

constexpr int kGlobal = 1;
constexpr int kPrivateExpedited = 8;
constexpr int kRegisterPrivateExpedited = 16;

constinit std::atomic<barrierkind> kind{barrierkind::unset};

std::int64_t command(int which) noexcept {
  return syscall(nr::membarrier, which, 0, 0);
}

// ---- barrierkind::protect ----

alignas(kMaxPagesize) constinit char togglepage[kMaxPagesize] = {};
constinit std::atomic<std::uint32_t> togglelock{0};

// One thread at a time: a second one would write to the page while the first
// has taken the permission away. The page is written to so that the kernel finds
// a translation to revoke: it interrupts nobody for one that is not there.
std::int64_t toggle() noexcept {
  constexpr int kRead = 1, kReadWrite = 3;
  while (togglelock.exchange(1, std::memory_order_acquire) != 0) osyield();
  std::int64_t err =
      syscall(nr::mprotect, togglepage, kMaxPagesize, kReadWrite);
  if (err >= 0) {
    *static_cast<volatile char*>(togglepage) = 1;
    err = syscall(nr::mprotect, togglepage, kMaxPagesize, kRead);
  }
  togglelock.store(0, std::memory_order_release);
  return err;
}

// run makes one barrier in the given way.
std::int64_t run(barrierkind how) noexcept {
  if (how == barrierkind::expedited) return command(kPrivateExpedited);
  if (how == barrierkind::global) return command(kGlobal);
  if (how == barrierkind::protect && kProtectInterrupts) return toggle();
  return -ENOSYS;
}

}  // namespace

std::int64_t membarrier_force(barrierkind how) noexcept {
  if (how == barrierkind::expedited) command(kRegisterPrivateExpedited);
  if (run(how) < 0) return -ENOSYS;
  // Relaxed: nothing but the word itself is read because of it.
  kind.store(how, std::memory_order_relaxed);
  return 0;
}

void membarrier_init() noexcept {
  for (auto how : {barrierkind::expedited, barrierkind::global})
    if (membarrier_force(how) >= 0) return;
  kind.store(kProtectInterrupts ? barrierkind::protect : barrierkind::unset,
             std::memory_order_relaxed);
}

void membarrier() noexcept {
  // The caller's own fence, on both sides: the kernel's paths have one, but the
  // compiler must not move the caller's accesses over the call either.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (;;) {
    const barrierkind how = kind.load(std::memory_order_relaxed);
    const std::int64_t err = run(how);
    if (err >= 0) break;
    // The last way there is.
    if (how == barrierkind::protect) refused("mprotect", err);
    membarrier_init();
    if (membarrier_kind() == barrierkind::unset) refused("membarrier", err);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

barrierkind membarrier_kind() noexcept {
  return kind.load(std::memory_order_relaxed);
}

}  // namespace burrow::sys
