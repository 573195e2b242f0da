// sys/bsd/kevent.h - kqueues: their entries, as each kernel has them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sys/bsd/syscall.h"

namespace burrow::sys {

inline constexpr std::int16_t kReadFilter = -1, kWriteFilter = -2;
inline constexpr std::int16_t kUserFilter = -10;
inline constexpr std::uint16_t kAdd = 1, kDelete = 2, kOneshot = 0x10;
inline constexpr std::uint16_t kClear = 0x20;
inline constexpr std::uint16_t kErrorFlag = 0x4000, kEof = 0x8000;
inline constexpr std::uint32_t kTrigger = 0x01000000;

// What a struct kevent says.
struct event {
  std::uint64_t ident = 0;
  std::int16_t filter = 0;
  std::uint16_t flags = 0;
  std::uint32_t fflags = 0;
  std::int64_t data = 0;
  std::uintptr_t udata = 0;
};

// newkqueue makes one that is closed on exec. Returns  its descriptor, or -errno.
std::int64_t newkqueue() noexcept;

// keventchange makes up to two changes, waiting for nothing. They are made in turn:
// the second is not if the first fails. Returns  0 or -errno.
std::int64_t keventchange(int kq, const event* e, int n) noexcept;

// keventwake makes a change that wakes somebody: one who sleeps for ever if it is
// lost, so that what passes is tried until it has passed.
void keventwake(int kq, const event& e) noexcept;

// keventget takes up to n events (at most kKeventMost), waiting for ns nanoseconds
// at most for the first (0: not at all, < 0: for ever).
// Returns  how many, or -errno.
inline constexpr std::size_t kKeventMost = 128;
std::int64_t keventget(int kq, event* out, std::size_t n,
                       std::int64_t ns) noexcept;

}  // namespace burrow::sys
