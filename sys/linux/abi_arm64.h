// sys/linux/abi_arm64.h - what of Linux is arm64's own.
//
// By the values that the kernel's interface fixes for ever.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// System calls by what the kernel calls them.
enum class nr : std::intptr_t {
  eventfd2 = 19,
  epoll_create1 = 20,
  epoll_ctl = 21,
  epoll_pwait = 22,
  dup3 = 24,
  fcntl = 25,
  chdir = 49,
  openat = 56,
  close = 57,
  read = 63,
  write = 64,
  sendfile = 71,
  ppoll = 73,
  splice = 76,
  exit_group = 94,
  futex = 98,
  set_robust_list = 99,
  get_robust_list = 100,
  nanosleep = 101,
  clock_gettime = 113,
  sched_getaffinity = 123,
  sched_yield = 124,
  kill = 129,
  tgkill = 131,
  sigaltstack = 132,
  rt_sigaction = 134,
  rt_sigprocmask = 135,
  setpgid = 154,
  prctl = 167,
  getpid = 172,
  getppid = 173,
  gettid = 178,
  sendto = 206,
  recvfrom = 207,
  munmap = 215,
  clone = 220,
  execve = 221,
  mmap = 222,
  mprotect = 226,
  madvise = 233,
  accept4 = 242,
  wait4 = 260,
  membarrier = 283,
  copy_file_range = 285,
  preadv2 = 286,
  pwritev2 = 287,
  statx = 291,
  rseq = 293,
  pidfd_send_signal = 424,
  io_uring_setup = 425,
  io_uring_enter = 426,
  io_uring_register = 427,
  process_madvise = 440,
  epoll_pwait2 = 441,
};

// The vDSO's monotonic clock, with 64 bits for the seconds.
inline constexpr char kVdsoClock[] = "__kernel_clock_gettime";

// mmap takes the place in a file in units of so many bytes.
inline constexpr std::size_t kMmapUnit = 1;

// A kernel is built for pages of 4, 16 or 64 KiB.
inline constexpr std::size_t kPagesize = 0;  // only the kernel knows
inline constexpr std::size_t kMaxPagesize = 65536;

// Whether a handler that was installed without SA_SIGINFO gets no siginfo.
inline constexpr bool kPlainFrames = true;

// Whether every processor that has run this process since takes an interrupt when
// a page's rights are taken away: here the instruction that forgets the page is
// broadcast, and interrupts nobody.
inline constexpr bool kProtectInterrupts = false;

}  // namespace burrow::sys
