// sys/openbsd/kernel.h - OpenBSD's numbers, constants and structures.
//
// The kernel has renumbered calls and changed structures, most of all at 5.5, when
// time got 64 bits. Which kernel this is tells sysctl(kern.osrevision), the date
// of its first day: asking by trying a call would bring a SIGSYS.
//
// Rejected: numbers of one release, fixed when burrow is built. A program that is
// linked statically meets other kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys::kernel {

// release returns kern.osrevision. Any context.
std::uint32_t release() noexcept;

inline constexpr std::uint32_t k52 = 201211;  // __tfork sets the stack
inline constexpr std::uint32_t k55 = 201405;  // 64-bit time_t
inline constexpr std::uint32_t k57 = 201505;  // pipe2, accept4
inline constexpr std::uint32_t k59 = 201603;  // thrkill
inline constexpr std::uint32_t k62 = 201710;  // futex
inline constexpr std::uint32_t k71 = 202204;  // mmap without padding
// The first for this processor, so far as it matters here.
#ifdef __aarch64__
inline constexpr std::uint32_t kOldest = k62;
#else
inline constexpr std::uint32_t kOldest = 0;
#endif

// ---- Calls ----

inline constexpr std::uint32_t kExit = 1, kFork = 2, kRead = 3, kWrite = 4;
inline constexpr std::uint32_t kClose = 6, kChdir = 12, kGetpid = 20;
inline constexpr std::uint32_t kRecvfrom = 29, kAccept = 30, kGetppid = 39;
inline constexpr std::uint32_t kSigaction = 46, kSigprocmask = 48;
inline constexpr std::uint32_t kExecve = 59, kMunmap = 73, kMprotect = 74;
inline constexpr std::uint32_t kMadvise = 75, kSetpgid = 82, kFutex = 83;
inline constexpr std::uint32_t kDup2 = 90, kFcntl = 92, kAccept4 = 93;
inline constexpr std::uint32_t kPipe2 = 101, kSendto = 133, kSysctl = 202;
inline constexpr std::uint32_t kPoll = 252, kPipe = 263, kKqueue = 269;
inline constexpr std::uint32_t kSigaltstack = 288;
inline constexpr std::uint32_t kYield = 298, kGetthrid = 299, kSettcb = 329;
inline constexpr std::uint32_t kThrwakeup = 301, kThrkill = 119;
inline constexpr std::uint32_t kMmap = 49, kMmapPadded = 197;  // until 7.0
inline std::uint32_t wait4() noexcept { return release() < k55 ? 7 : 11; }
inline std::uint32_t clockgettime() noexcept {
  return release() < k55 ? 232 : 87;
}
inline std::uint32_t nanosleep() noexcept { return release() < k55 ? 240 : 91; }
inline std::uint32_t thrsleep() noexcept { return release() < k55 ? 300 : 94; }
inline std::uint32_t kevent() noexcept { return release() < k55 ? 270 : 72; }
inline std::uint32_t kill() noexcept { return release() < k59 ? 37 : 122; }

// Whether fork has returned in the child.
inline bool inchild(std::uintptr_t value, std::uintptr_t) noexcept {
  return value == 0;
}

// ---- Memory and files ----

inline constexpr int kMapAnon = 0x1000, kMapStack = 0x4000, kMapNoreserve = 0;
// Wanted of every mapping in which a stack pointer may ever be (6.4 on).
inline constexpr int kMapAny = kMapStack;
inline constexpr std::size_t kPage = 4096;
inline constexpr int kCloexec = 0x10000, kNonblock = 4;
inline constexpr int kDupfdCloexec = 10;

// ---- Time ----

// A timespec, which is {i32, i32}, {i64, i32} or {i64, i64}.
class timespec {
 public:
  explicit timespec(std::int64_t ns = 0) noexcept {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t sec = ns / kSecond;
    const auto nsec = static_cast<long>(ns % kSecond);
    __builtin_memcpy(bytes_, &sec, sizeof sec);
    __builtin_memcpy(bytes_ + nsecat(), &nsec, sizeof nsec);
  }
  std::int64_t ns() const noexcept {
    std::int64_t sec;
    long nsec;
    __builtin_memcpy(&sec, bytes_, sizeof sec);
    __builtin_memcpy(&nsec, bytes_ + nsecat(), sizeof nsec);
    // Up to 5.4 a second has 32 bits, and what is beside them is undefined.
    if (release() < k55) sec = static_cast<std::int32_t>(sec);
    return sec * 1'000'000'000 + nsec;
  }

 private:
  static std::size_t nsecat() noexcept {
    return sizeof(long) == 4 && release() < k55 ? 4 : 8;
  }
  alignas(8) unsigned char bytes_[16] = {};
};

// ---- Signals ----

struct sigaction {
  std::uintptr_t handler;
  std::uint32_t mask;
  std::int32_t flags;
};
static_assert(sizeof(sigaction) == sizeof(void*) + 8);

// ---- Events ----

// Where the parts of a struct kevent are.
struct keventlayout {
  std::uint8_t filter, flags, fflags, data, udata, bytes;
  std::uint8_t identbytes, databytes;  // 4 or 8
};
inline keventlayout eventlayout() noexcept {
  if (sizeof(void*) == 8)
    return release() < k55 ? keventlayout{4, 6, 8, 12, 16, 24, 4, 4}
                           : keventlayout{8, 10, 12, 16, 24, 32, 8, 8};
  return release() < k55 ? keventlayout{4, 6, 8, 12, 16, 20, 4, 4}
                         : keventlayout{4, 6, 8, 12, 20, 24, 4, 8};
}
inline constexpr bool kUserevents = false;  // no EVFILT_USER: a pipe wakes

}  // namespace burrow::sys::kernel
