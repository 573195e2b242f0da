// sys/linux/abi_amd64.h - what of Linux is amd64's own.
//
// By the values that the kernel's interface fixes for ever.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// System calls by what the kernel calls them.
enum class nr : std::intptr_t {
  read = 0,
  write = 1,
  close = 3,
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
  openat = 257,
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
  statx = 332,
  rseq = 334,
  pidfd_send_signal = 424,
  io_uring_setup = 425,
  io_uring_enter = 426,
  io_uring_register = 427,
  process_madvise = 440,
  epoll_pwait2 = 441,
};

// The vDSO's monotonic clock, with 64 bits for the seconds.
inline constexpr char kVdsoClock[] = "__vdso_clock_gettime";

// mmap takes the place in a file in units of so many bytes.
inline constexpr std::size_t kMmapUnit = 1;

inline constexpr std::size_t kPagesize = 4096;  // 0: only the kernel knows
inline constexpr std::size_t kMaxPagesize = 4096;

// Whether a handler that was installed without SA_SIGINFO gets no siginfo.
inline constexpr bool kPlainFrames = false;

// Whether every processor that runs this process takes an interrupt when a page's
// rights are taken away.
inline constexpr bool kProtectInterrupts = true;

}  // namespace burrow::sys
