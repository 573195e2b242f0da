// burrow/syscalls.h - calls that block the thread, and system calls.
//
//   std::string text = burrow::blocking([&] { return read_whole_file(path); });
//
//   auto r = burrow::syscalls::call(SYS_flock, file, LOCK_EX);
//   if (r.error != 0) ...
#pragma once

#include <sys/resource.h>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "burrow/fd.h"

namespace burrow {

namespace detail {

// blockingcall is a stay outside the scheduler.
class blockingcall {
 public:
  blockingcall() noexcept;
  ~blockingcall();
  blockingcall(const blockingcall&) = delete;
  blockingcall& operator=(const blockingcall&) = delete;
};

}  // namespace detail

// blocking calls f(), which may block its thread for as long as it likes: another
// thread runs the other goroutines meanwhile. Afterwards the goroutine may be on
// another thread, and waits if all processors are in use. What f throws comes
// through. Without it a call that blocks stops nobody for long, either, but it
// takes the scheduler up to 10 ms to notice.
//
// On a thread that burrow did not make it only calls f.
template <std::invocable F>
std::invoke_result_t<F> blocking(F&& f) {
  const detail::blockingcall here;
  return std::forward<F>(f)();
}

namespace syscalls {

// result is what a system call returned: value, or -1 and the error (errno.h).
// The variable errno is not touched.
struct result {
  std::intptr_t value;
  int error;  // 0: none
  explicit operator bool() const noexcept { return error == 0; }
};

namespace detail {
struct arguments {
  std::intptr_t a[6];
};
result call(long number, const arguments& args) noexcept;
result raw(long number, const arguments& args) noexcept;

template <typename T>
std::intptr_t word(T value) noexcept {
  if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<std::intptr_t>(value);
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    return static_cast<std::intptr_t>(value);
  }
}
}  // namespace detail

// call makes system call `number` (SYS_... of <sys/syscall.h>) with up to six
// arguments, numbers or pointers. If it blocks, its processor is given to others
// after a while (20 us and more). It is not repeated after a signal (EINTR).
template <typename... A>
  requires(sizeof...(A) <= 6)
result call(long number, A... args) noexcept {
  return detail::call(number, {{detail::word(args)...}});
}

// raw is call without the scheduler's knowledge: for calls that do not block.
template <typename... A>
  requires(sizeof...(A) <= 6)
result raw(long number, A... args) noexcept {
  return detail::raw(number, {{detail::word(args)...}});
}

// As the manual's second section has them.
result dup2(int from, int to) noexcept;
result fcntl(int fd, int command, std::intptr_t argument = 0) noexcept;
result getrusage(int who, struct rusage* usage) noexcept;
result wait4(int pid, int* status, int options, struct rusage* usage) noexcept;

}  // namespace syscalls
}  // namespace burrow
