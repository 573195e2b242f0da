// sys/openbsd/thread.cc - which thread this is, and signals to one of them.
#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

std::int64_t gettid() noexcept { return syscall(kernel::kGetthrid); }

std::int64_t tgkill(std::int64_t tid, int sig) noexcept {
  if (kernel::release() < kernel::k59) return syscall(kernel::kill(), tid, sig);
  return syscall(kernel::kThrkill, tid, sig, nullptr);
}

}  // namespace burrow::sys
