// sys/linux/waitone.cc - what sys/poller.h has without a poller, by poll.
//
// An eventfd ends the wait for one descriptor: whoever is woken reads that, so what
// came before a wait ends the next one.

#include <cerrno>
#include <cstdint>

#include "sys/linux/time.h"
#include "sys/poller.h"

namespace burrow::sys {

namespace {

constexpr int kCloexec = 02000000, kNonblock = 04000;

// The kernel's struct pollfd.
struct pollfd {
  std::int32_t fd;
  std::int16_t events;
  std::int16_t revents;
};
constexpr std::int16_t kPollIn = 1, kPollOut = 4;

}  // namespace

std::int64_t waitone(int fd, bool forwrite, int wakefd,
                     std::int64_t ns) noexcept {
  pollfd fds[2] = {{fd, forwrite ? kPollOut : kPollIn, 0},
                   {wakefd, kPollIn, 0}};
  timespec t{ns / kSecond, ns % kSecond};
  if (pollcall(fds, 2, ns < 0 ? nullptr : &t) <= 0) return 0;
  if (fds[0].revents != 0) return 1;
  std::uint64_t n;
  syscall(nr::read, wakefd, &n, sizeof n);
  return 0;
}

std::uint32_t readiness(int from, int to) noexcept {
  pollfd both[] = {{from, kPollIn, 0}, {to, kPollOut, 0}};
  timespec none{0, 0};
  std::int64_t r;
  do {
    r = pollcall(both, 2, &none);
  } while (r == -EINTR);
  if (r < 0) return kPollRead | kPollWrite;
  std::uint32_t what = 0;
  if (both[0].revents != 0) what |= kPollRead;
  if (both[1].revents != 0) what |= kPollWrite;
  return what;
}

std::int64_t wakeopen() noexcept {
  return syscall(nr::eventfd2, 0, kCloexec | kNonblock);
}

void wakeone(int wakefd) noexcept {
  const std::uint64_t one = 1;  // a full one wakes as well
  while (syscall(nr::write, wakefd, &one, sizeof one) == -EINTR) {
  }
}

}  // namespace burrow::sys
