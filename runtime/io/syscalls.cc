// runtime/io/syscalls.cc - burrow/syscalls.h.

#include "burrow/syscalls.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "runtime/sched/syscall.h"
#include "sys/io.h"

namespace burrow {

namespace detail {

blockingcall::blockingcall() noexcept { rt::entersyscallblock(); }
blockingcall::~blockingcall() { rt::exitsyscall(); }

}  // namespace detail

namespace syscalls {

namespace {

result of(std::int64_t r) noexcept {
  if (r < 0) return {-1, static_cast<int>(-r)};
  return {static_cast<std::intptr_t>(r), 0};
}

}  // namespace

result detail::call(long number, const arguments& args) noexcept {
  rt::entersyscall();
  const std::int64_t r = sys::syscall6(number, args.a);
  rt::exitsyscall();
  return of(r);
}

result detail::raw(long number, const arguments& args) noexcept {
  return of(sys::syscall6(number, args.a));
}

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

}  // namespace syscalls
}  // namespace burrow
