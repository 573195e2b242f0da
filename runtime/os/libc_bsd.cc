// runtime/os/libc_bsd.cc - libc.h where OpenBSD and Darwin are alike.
#include <signal.h>

#include "runtime/os/libc.h"

namespace burrow::rt {

bool objectat(std::uintptr_t, const char**, std::uintptr_t*) noexcept {
  return false;
}

void takepending(int sig) noexcept {
  sigset_t set;
  sigpending(&set);
  if (sigismember(&set, sig) != 1) return;
  sigemptyset(&set);
  sigaddset(&set, sig);
  sigwait(&set, &sig);
}

void widenpipe(int, int) noexcept {}

}  // namespace burrow::rt
