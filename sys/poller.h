// sys/poller.h - learning which descriptors can be read or written, edge-triggered.
//
// A descriptor is added once, with a number of the caller's (its tag). From then
// on pollwait says each time that it *becomes* readable or writable, and not
// again while it stays so. As everything in sys: no libc, results >= 0 or -errno.
//
// A system may have several ways to do it (pollkind); what differs is said below.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

enum pollbits : std::uint32_t {
  kPollRead = 1,
  kPollWrite = 2,
  // The peer has closed, there is an error, or urgent data: both ways end their
  // wait, and a short read no longer means that nothing is left.
  kPollEnd = 4,
  // The watch has ended by itself: add it again, which tells what is ready then.
  // Only with pollkind::uring, where the kernel does so when it lacks memory, or
  // the thread that had added it has ended.
  kPollLost = 8,
};

struct pollready {
  std::uint64_t tag;
  std::uint32_t what;  // pollbits
};

enum class pollkind : std::uint8_t {
  standard,  // every kernel has it
  uring,     // Linux's io_uring, from 6.13 on. Urgent data is not told.
};

// poller is what the system needs for it. Zero: not open.
struct poller {
  int fd = 0;
  int wakefd = 0;
  struct uring* ring = nullptr;  // null: pollkind::standard
};

// The most that one pollwait tells.
inline constexpr std::size_t kPollBatch = 128;

// pollopen makes a poller; its descriptors are closed on exec.
// Errors  of pollkind::uring: -ENOSYS, -EPERM, -EINVAL the system has it not, or
//         not for this process.
std::int64_t pollopen(poller& p, pollkind kind) noexcept;

// polladd watches fd from now on; polldel ends that, and must come before fd is
// closed, which alone is not enough if the open file has other descriptors. tag is
// that of no other watch.
//
// Returns polldel: 0 it has ended; 1 it ends, and the last thing told of it is
//         kPollLost: the open file is let go then, or a moment later.
// Errors  polladd: -EPERM it is always ready, as a regular file is. -EEXIST it
//         is watched (not with pollkind::uring). -ENOMEM, -ENOSPC limits.
std::int64_t polladd(const poller& p, int fd, std::uint64_t tag) noexcept;
std::int64_t polldel(const poller& p, int fd, std::uint64_t tag) noexcept;

// pollwait fills out[0, kPollBatch) with what has become ready, waiting for ns
// nanoseconds at most for the first (0: not at all, < 0: for ever). pollbreak makes
// one pollwait return early, the present one or else the next.
//
// Context  any thread; blocks it. pollbreak: any, signal handlers included.
// Returns  how many; 0 also after pollbreak or a signal, or if another thread was
//          told instead.
std::int64_t pollwait(const poller& p, pollready* out,
                      std::int64_t ns) noexcept;
void pollbreak(const poller& p) noexcept;

// waitone blocks the thread until fd can be read (forwrite: written) or has an
// error, until wakeone(wakefd), or for ns nanoseconds at most (< 0: for ever). It
// needs no poller, and takes nothing from one. wakefd < 0: there is none.
//
// wakeopen makes a wakefd, which is closed with close (sys/io.h); wakeone ends the
// present waitone of it, or else the next. Any thread.
//
// Returns  1: fd. 0: wakeone, the time, or a signal.
std::int64_t waitone(int fd, bool forwrite, int wakefd,
                     std::int64_t ns) noexcept;
std::int64_t wakeopen() noexcept;
void wakeone(int wakefd) noexcept;

// readiness says now, as pollbits, whether `from` may be read and `to` be written;
// a descriptor with an error may, and both if the system does not say: who tries finds
// out. A signal does not keep it from saying so. It needs no poller, either.
std::uint32_t readiness(int from, int to) noexcept;

}  // namespace burrow::sys
