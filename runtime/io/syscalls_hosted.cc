// runtime/io/syscalls_hosted.cc - those of burrow/syscalls.h that have a name, by the
// C library, where numbers of system calls are no contract.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "burrow/syscalls.h"
#include "runtime/sched/syscall.h"

namespace burrow::syscalls {

namespace {

// of is what op returned. errno stays as it was.
template <typename F>
result of(F op) noexcept {
  const int before = errno;
  const std::intptr_t r = op();
  const int err = std::exchange(errno, before);
  return {r, r < 0 ? err : 0};
}

// The same, of what may block. errno is the thread's: nothing parks before it has
// been read.
template <typename F>
result blocking(F op) noexcept {
  rt::entersyscall();
  const result r = of(op);
  rt::exitsyscall();
  return r;
}

}  // namespace

result dup2(int from, int to) noexcept {
  return of([=] { return ::dup2(from, to); });
}

result fcntl(int fd, int command, std::intptr_t argument) noexcept {
  return blocking([=] { return ::fcntl(fd, command, argument); });
}

result getrusage(int who, struct rusage* usage) noexcept {
  return of([=] { return ::getrusage(who, usage); });
}

result wait4(int pid, int* status, int options, struct rusage* usage) noexcept {
  return blocking([=] { return ::wait4(pid, status, options, usage); });
}

}  // namespace burrow::syscalls
