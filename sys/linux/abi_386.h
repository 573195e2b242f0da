// sys/linux/abi_386.h - what of Linux is 386's own.
//
// By the values that the kernel's interface fixes for ever. What takes or gives a
// time is there twice, of old with 32 bits for the seconds: see sys/linux/time.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// System calls by what the kernel calls them on amd64; a note says what else.
enum class nr : std::intptr_t {
  read = 3,
  write = 4,
  close = 6,
  execve = 11,
  chdir = 12,
  getpid = 20,
  kill = 37,
  setpgid = 57,
  getppid = 64,
  munmap = 91,
  wait4 = 114,
  clone = 120,
  mprotect = 125,
  sched_yield = 158,
  nanosleep_time32 = 162,
  prctl = 172,
  rt_sigaction = 174,
  rt_sigprocmask = 175,
  sigaltstack = 186,
  mmap = 192,  // mmap2
  madvise = 219,
  fcntl = 221,  // fcntl64
  gettid = 224,
  sendfile = 239,  // sendfile64
  futex_time32 = 240,
  sched_getaffinity = 242,
  exit_group = 252,
  epoll_ctl = 255,
  clock_gettime_time32 = 265,
  tgkill = 270,
  openat = 295,
  ppoll_time32 = 309,
  set_robust_list = 311,
  get_robust_list = 312,
  splice = 313,
  epoll_pwait = 319,
  eventfd2 = 328,
  epoll_create1 = 329,
  dup3 = 330,
  accept4 = 364,
  sendto = 369,
  recvfrom = 371,
  membarrier = 375,
  copy_file_range = 377,
  preadv2 = 378,
  pwritev2 = 379,
  statx = 383,
  rseq = 386,
  clock_gettime64 = 403,
  clock_nanosleep_time64 = 407,
  ppoll_time64 = 414,
  futex_time64 = 422,
  pidfd_send_signal = 424,
  io_uring_setup = 425,
  io_uring_enter = 426,
  io_uring_register = 427,
  process_madvise = 440,
  epoll_pwait2 = 441,
};

// The vDSO's monotonic clock, with 64 bits for the seconds.
inline constexpr char kVdsoClock[] = "__vdso_clock_gettime64";

// mmap takes the place in a file in units of so many bytes.
inline constexpr std::size_t kMmapUnit = 4096;

inline constexpr std::size_t kPagesize = 4096;  // 0: only the kernel knows
inline constexpr std::size_t kMaxPagesize = 4096;

// Whether a handler that was installed without SA_SIGINFO gets no siginfo.
inline constexpr bool kPlainFrames = true;

// Whether every processor that runs this process takes an interrupt when a page's
// rights are taken away.
inline constexpr bool kProtectInterrupts = true;

}  // namespace burrow::sys
