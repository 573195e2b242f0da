// sys/linux/time_386.cc - sys/linux/time.h where seconds had 32 bits once.
//
// The new call first. A kernel that does not know it, or a filter that allows only
// what is old, gets the old one: each time, for both are rare, and remembering
// would be a word more to share. The monotonic clock starts with the system, so
// that 32 bits last for 68 years of it; longer timeouts are shortened, which
// callers take for a wake-up without a reason.
#include "sys/linux/time.h"

#include <cerrno>

namespace burrow::sys {

namespace {

struct timespec32 {
  std::int32_t sec;
  std::int32_t nsec;
};

timespec32 narrow(const timespec& t) noexcept {
  constexpr std::int64_t kMost = 0x7fffffff;
  return {static_cast<std::int32_t>(t.sec < kMost ? t.sec : kMost),
          static_cast<std::int32_t>(t.nsec)};
}

// None of the calls fails like this for a reason of its own.
bool unknown(std::int64_t result) noexcept {
  return result == -ENOSYS || result == -EPERM;
}

}  // namespace

std::int64_t futexcall(const volatile void* word, int op, std::uint32_t val,
                       const timespec* timeout) noexcept {
  const std::int64_t r = syscall(nr::futex_time64, word, op, val, timeout);
  if (!unknown(r)) return r;
  if (timeout == nullptr)
    return syscall(nr::futex_time32, word, op, val, nullptr);
  const timespec32 t = narrow(*timeout);
  return syscall(nr::futex_time32, word, op, val, &t);
}

std::int64_t clockcall(std::int64_t clock, timespec* now) noexcept {
  std::int64_t r = syscall(nr::clock_gettime64, clock, now);
  if (!unknown(r)) return r;
  timespec32 t;
  r = syscall(nr::clock_gettime_time32, clock, &t);
  if (r >= 0) *now = {t.sec, t.nsec};
  return r;
}

std::int64_t sleepcall(const timespec* t) noexcept {
  constexpr int kMonotonic = 1;
  const std::int64_t r =
      syscall(nr::clock_nanosleep_time64, kMonotonic, 0, t, nullptr);
  if (!unknown(r)) return r;
  const timespec32 old = narrow(*t);
  return syscall(nr::nanosleep_time32, &old, nullptr);
}

std::int64_t pollcall(void* fds, std::size_t n, timespec* timeout) noexcept {
  const std::int64_t r = syscall(nr::ppoll_time64, fds, n, timeout, nullptr, 8);
  if (!unknown(r)) return r;
  if (timeout == nullptr)
    return syscall(nr::ppoll_time32, fds, n, nullptr, nullptr, 8);
  timespec32 old = narrow(*timeout);
  return syscall(nr::ppoll_time32, fds, n, &old, nullptr, 8);
}

}  // namespace burrow::sys
