// sys/bsd/waitone.cc - what sys/poller.h has without a poller, by poll.
//
// A wakefd is a kqueue, which is a descriptor that can be polled. Waking puts an
// entry into it that is ready at once and is told once: that a pipe, one for the
// whole process, may be written. Whoever is woken takes it, so what came before a
// wait ends the next one.
//
// Rejected: a pipe each, which are two descriptors, and wakeopen returns one. An
// event of the program's own: OpenBSD has none.

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "sys/bsd/file.h"
#include "sys/bsd/kevent.h"
#include "sys/bsd/syscall.h"
#include "sys/io.h"
#include "sys/poller.h"

namespace burrow::sys {

namespace {

struct pollfd {
  std::int32_t fd;
  std::int16_t events;
  std::int16_t revents;
};
constexpr std::int16_t kPollIn = 1, kPollOut = 4;

// The writing end of the pipe, which stays empty; -1: not made yet.
constinit std::atomic<int> writable{-1};

std::int64_t openwritable() noexcept {
  if (writable.load(std::memory_order_relaxed) >= 0) return 0;
  int ends[2];
  if (const std::int64_t err = pipenowait(ends); err < 0) return err;
  int none = -1;
  // Relaxed: nothing but the number is handed over.
  if (!writable.compare_exchange_strong(none, ends[1],
                                        std::memory_order_relaxed)) {
    close(ends[0]);  // another thread was first
    close(ends[1]);
  }
  return 0;
}

// In milliseconds, rounded up; a wait of more than an int of them ends early.
int milliseconds(std::int64_t ns) noexcept {
  constexpr std::int64_t kMs = 1'000'000, kMost = 0x7fffffff;
  if (ns < 0) return -1;
  const std::int64_t ms = ns / kMs + (ns % kMs != 0 ? 1 : 0);
  return static_cast<int>(ms < kMost ? ms : kMost);
}

}  // namespace

std::int64_t waitone(int fd, bool forwrite, int wakefd,
                     std::int64_t ns) noexcept {
  pollfd fds[2] = {{fd, forwrite ? kPollOut : kPollIn, 0},
                   {wakefd, kPollIn, 0}};
  const int n = wakefd < 0 ? 1 : 2;
  if (syscall(kernel::kPoll, fds, n, milliseconds(ns)) <= 0) return 0;
  if (fds[0].revents != 0) return 1;
  event woken;
  keventget(wakefd, &woken, 1, 0);
  return 0;
}

std::uint32_t readiness(int from, int to) noexcept {
  pollfd both[] = {{from, kPollIn, 0}, {to, kPollOut, 0}};
  std::int64_t r;
  do {
    r = syscall(kernel::kPoll, both, 2, 0);
  } while (r == -EINTR);
  if (r < 0) return kPollRead | kPollWrite;
  std::uint32_t what = 0;
  if (both[0].revents != 0) what |= kPollRead;
  if (both[1].revents != 0) what |= kPollWrite;
  return what;
}

std::int64_t wakeopen() noexcept {
  if (const std::int64_t err = openwritable(); err < 0) return err;
  return newkqueue();
}

void wakeone(int wakefd) noexcept {
  // Relaxed: whoever made wakefd has seen the number.
  const int fd = writable.load(std::memory_order_relaxed);
  const event wake{
      static_cast<std::uint32_t>(fd), kWriteFilter, kAdd | kOneshot, 0, 0, 0};
  keventwake(wakefd, wake);
}

}  // namespace burrow::sys
