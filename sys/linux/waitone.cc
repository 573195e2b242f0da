// sys/linux/waitone.cc - a thread that waits for one descriptor: sys/poller.h.
//
// By poll, and an eventfd that ends it: whoever is woken reads that, so what came
// before a wait ends the next one.

#include <cstdint>

#include "sys/linux/syscall.h"
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
  if (syscall(nr::ppoll, fds, 2, ns < 0 ? nullptr : &t, nullptr, 8) <= 0)
    return 0;
  if (fds[0].revents != 0) return 1;
  std::uint64_t n;
  syscall(nr::read, wakefd, &n, sizeof n);
  return 0;
}

std::int64_t wakeopen() noexcept {
  return syscall(nr::eventfd2, 0, kCloexec | kNonblock);
}

void wakeone(int wakefd) noexcept {
  const std::uint64_t one = 1;
  syscall(nr::write, wakefd, &one, sizeof one);
}

}  // namespace burrow::sys
