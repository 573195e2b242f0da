// sys/linux/time.h - the system calls that take or give a time.
//
// A time's seconds have 64 bits here. Processors of 32 bits have old calls with 32
// and new ones (Linux 5.1) with 64, of other names: time_386.cc.
#pragma once

#include "sys/linux/syscall.h"

namespace burrow::sys {

// futexcall is futex(2) with a relative timeout, null: none, for what waits.
// clockcall is clock_gettime(2); sleepcall sleeps on the monotonic clock. pollcall
// is ppoll(2) with the mask of signals as it is; it may change *timeout.
#if defined(__i386__)
std::int64_t futexcall(const volatile void* word, int op, std::uint32_t val,
                       const timespec* timeout) noexcept;
std::int64_t clockcall(std::int64_t clock, timespec* now) noexcept;
std::int64_t sleepcall(const timespec* t) noexcept;
std::int64_t pollcall(void* fds, std::size_t n, timespec* timeout) noexcept;
#else
inline std::int64_t futexcall(const volatile void* word, int op,
                              std::uint32_t val,
                              const timespec* timeout) noexcept {
  return syscall(nr::futex, word, op, val, timeout);
}

inline std::int64_t clockcall(std::int64_t clock, timespec* now) noexcept {
  return syscall(nr::clock_gettime, clock, now);
}

inline std::int64_t sleepcall(const timespec* t) noexcept {
  return syscall(nr::nanosleep, t, nullptr);
}

inline std::int64_t pollcall(void* fds, std::size_t n,
                             timespec* timeout) noexcept {
  return syscall(nr::ppoll, fds, n, timeout, nullptr, 8);
}
#endif

}  // namespace burrow::sys
