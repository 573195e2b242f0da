// sys/bsd/membarrier.cc - a full fence in every running thread of the process.
//
// No call does it here. Taking the write permission from a touched page makes the
// kernel interrupt the processors that run this process, to drop their copies of
// the translation; an interrupt's return is a full barrier. sys/linux has this way,
// too, as its last.
#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::sys {

namespace {

constexpr int kRead = 1, kReadWrite = 3;

alignas(16384) constinit char togglepage[16384] = {};
constinit std::atomic<std::uint32_t> togglelock{0};

}  // namespace

void membarrier() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  // One thread at a time: a second one would write to the page while the first
  // has taken the permission away. It is written to so that there is a
  // translation to revoke.
  while (togglelock.exchange(1, std::memory_order_acquire) != 0) osyield();
  std::int64_t err =
      syscall(kernel::kMprotect, togglepage, sizeof togglepage, kReadWrite);
  if (err >= 0) {
    *static_cast<volatile char*>(togglepage) = 1;
    err = syscall(kernel::kMprotect, togglepage, sizeof togglepage, kRead);
  }
  togglelock.store(0, std::memory_order_release);
  if (err < 0) refused("mprotect", err);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void membarrier_init() noexcept {}

barrierkind membarrier_kind() noexcept { return barrierkind::protect; }

std::int64_t membarrier_force(barrierkind kind) noexcept {
  return kind == barrierkind::protect ? 0 : -ENOSYS;
}

}  // namespace burrow::sys
