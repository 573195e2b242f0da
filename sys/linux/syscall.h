// sys/linux/syscall.h - system calls by name, for the files of this folder.
//
// syscall converts its arguments to registers; nr is what the kernel calls the
// call on amd64. Kernel structures and constants are declared where they are
// used, by the values that the kernel's interface fixes for ever.
#pragma once

#include <cstdint>
#include <type_traits>

#include "asm/asm.h"

namespace burrow::sys {

enum class nr : std::int64_t {
  read = 0,
  write = 1,
  open = 2,
  close = 3,
  stat = 4,
  mmap = 9,
  mprotect = 10,
  munmap = 11,
  rt_sigaction = 13,
  rt_sigprocmask = 14,
  sched_yield = 24,
  madvise = 28,
  nanosleep = 35,
  getpid = 39,
  sendfile = 40,
  sendto = 44,
  recvfrom = 45,
  clone = 56,
  execve = 59,
  wait4 = 61,
  kill = 62,
  fcntl = 72,
  chdir = 80,
  setpgid = 109,
  getppid = 110,
  sigaltstack = 131,
  prctl = 157,
  gettid = 186,
  futex = 202,
  sched_getaffinity = 204,
  clock_gettime = 228,
  exit_group = 231,
  epoll_ctl = 233,
  tgkill = 234,
  ppoll = 271,
  set_robust_list = 273,
  get_robust_list = 274,
  splice = 275,
  epoll_pwait = 281,
  accept4 = 288,
  eventfd2 = 290,
  epoll_create1 = 291,
  dup3 = 292,
  membarrier = 324,
  copy_file_range = 326,
  preadv2 = 327,
  pwritev2 = 328,
  rseq = 334,
  pidfd_send_signal = 424,
  io_uring_setup = 425,
  io_uring_enter = 426,
  io_uring_register = 427,
  process_madvise = 440,
  epoll_pwait2 = 441,
};

template <typename T>
inline std::uint64_t reg(T value) noexcept {
  if constexpr (std::is_null_pointer_v<T>)
    return 0;
  else if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<std::uintptr_t>(value);
  else
    return static_cast<std::uint64_t>(value);
}

template <typename... A>
inline std::int64_t syscall(nr call, A... args) noexcept {
  static_assert(sizeof...(A) <= 6);
  const std::uint64_t a[7] = {reg(args)...};  // one more: none is an array too
  return burrow_syscall6(static_cast<std::int64_t>(call), a[0], a[1], a[2],
                         a[3], a[4], a[5]);
}

// What the kernel calls struct __kernel_timespec.
struct timespec {
  std::int64_t sec;
  std::int64_t nsec;
};
inline constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace burrow::sys
