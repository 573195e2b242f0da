// runtime/io/syscalls_linux.cc - those of burrow/syscalls.h that have a name.

#include <fcntl.h>
#include <sys/syscall.h>

#include "burrow/syscalls.h"

namespace burrow::syscalls {

// dup3, for not every architecture has dup2; it refuses what dup2 finds easy.
result dup2(int from, int to) noexcept {
  if (from != to) return raw(SYS_dup3, from, to, 0);
  const result r = raw(SYS_fcntl, from, F_GETFD);
  return r ? result{to, 0} : r;
}

result fcntl(int fd, int command, std::intptr_t argument) noexcept {
#if defined(SYS_fcntl64)
  constexpr long kFcntl = SYS_fcntl64;  // knows both shapes of struct flock
#else
  constexpr long kFcntl = SYS_fcntl;
#endif
  return call(kFcntl, fd, command, argument);  // F_SETLKW blocks
}

result getrusage(int who, struct rusage* usage) noexcept {
  return raw(SYS_getrusage, who, usage);
}

result wait4(int pid, int* status, int options, struct rusage* usage) noexcept {
  return call(SYS_wait4, pid, status, options, usage);
}

}  // namespace burrow::syscalls
