// sys/darwin/kernel.h - Darwin's numbers, constants and structures.
//
// A call's number has its class in bits 24 and up, as amd64's kernel has it; on 386
// the gate makes the right interrupt of it, on arm64 the right sign.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys::kernel {

// release returns the first number of kern.osrelease: 12 is 10.8, 18 is 10.14, 20 is
// 11. Any context.
std::uint32_t release() noexcept;

inline constexpr std::uint32_t kSierra = 16;  // 10.12: ulock

// ---- Calls ----

inline constexpr std::uint32_t kMach = 1U << 24, kBsd = 2U << 24;
inline constexpr std::uint32_t kExit = kBsd + 1, kFork = kBsd + 2;
inline constexpr std::uint32_t kRead = kBsd + 3, kWrite = kBsd + 4;
inline constexpr std::uint32_t kClose = kBsd + 6, kChdir = kBsd + 12;
inline constexpr std::uint32_t kGetpid = kBsd + 20, kRecvfrom = kBsd + 29;
inline constexpr std::uint32_t kAccept = kBsd + 30, kGetppid = kBsd + 39;
inline constexpr std::uint32_t kPipe = kBsd + 42, kSigaction = kBsd + 46;
inline constexpr std::uint32_t kSigaltstack = kBsd + 53, kExecve = kBsd + 59;
inline constexpr std::uint32_t kMunmap = kBsd + 73, kMprotect = kBsd + 74;
inline constexpr std::uint32_t kSetpgid = kBsd + 82, kDup2 = kBsd + 90;
inline constexpr std::uint32_t kFcntl = kBsd + 92, kSelect = kBsd + 93;
inline constexpr std::uint32_t kSendto = kBsd + 133, kMmap = kBsd + 197;
inline constexpr std::uint32_t kSysctl = kBsd + 202, kPoll = kBsd + 230;
inline constexpr std::uint32_t kKqueue = kBsd + 362;
inline constexpr std::uint32_t wait4() noexcept { return kBsd + 7; }
inline constexpr std::uint32_t kill() noexcept { return kBsd + 37; }
inline constexpr std::uint32_t kevent() noexcept { return kBsd + 363; }

// Whether fork has returned in the child, which gets an id, too.
inline bool inchild(std::uintptr_t, std::uintptr_t second) noexcept {
  return second == 1;
}

// ---- Memory and files ----

inline constexpr int kMapAnon = 0x1000, kMapNoreserve = 0x40, kMapAny = 0;
#ifdef __aarch64__
inline constexpr std::size_t kPage = 16384;
#else
inline constexpr std::size_t kPage = 4096;
#endif
inline constexpr int kNonblock = 4, kDupfdCloexec = 67;

// ---- Time ----

struct timespec {
  explicit timespec(std::int64_t ns = 0) noexcept
      : sec(static_cast<long>(ns / 1'000'000'000)),
        nsec(static_cast<long>(ns % 1'000'000'000)) {}
  long sec;
  long nsec;
};

// ---- Signals ----

// What the kernel reads has a trampoline; what it writes has none.
struct sigaction {
  std::uintptr_t handler;
  std::uintptr_t tramp;
  std::uint32_t mask;
  std::int32_t flags;
};
struct oldsigaction {
  std::uintptr_t handler;
  std::uint32_t mask;
  std::int32_t flags;
};
static_assert(sizeof(sigaction) == 2 * sizeof(void*) + 8);
static_assert(sizeof(oldsigaction) == sizeof(void*) + 8);

// ---- Events ----

// Where the parts of a struct kevent are.
struct keventlayout {
  std::uint8_t filter, flags, fflags, data, udata, bytes;
  std::uint8_t identbytes, databytes;  // 4 or 8
};
inline keventlayout eventlayout() noexcept {
  return sizeof(void*) == 8 ? keventlayout{8, 10, 12, 16, 24, 32, 8, 8}
                            : keventlayout{4, 6, 8, 12, 16, 20, 4, 4};
}
inline constexpr bool kUserevents = true;

}  // namespace burrow::sys::kernel
