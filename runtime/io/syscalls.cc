// runtime/io/syscalls.cc - burrow/syscalls.h, but for those calls that have a name:
// syscalls_linux.cc, syscalls_hosted.cc.

#include "burrow/syscalls.h"

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

}  // namespace syscalls
}  // namespace burrow
