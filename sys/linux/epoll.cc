// sys/linux/epoll.cc - sys/poller.h on epoll.
//
// An eventfd wakes the one who waits. It is edge-triggered as everything else, so
// nobody reads it: each write is an edge.

#include <cerrno>

#include "sys/linux/epollbits.h"
#include "sys/linux/pollkinds.h"
#include "sys/linux/syscall.h"

namespace burrow::sys {

namespace {

constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};

// Kernels before 5.11 know no nanoseconds: a wait is rather too long there than
// too short, which would be a loop without sleep.
std::int64_t waittimed(int fd, epollevent* ev, std::int64_t ns) noexcept {
  const timespec t{ns / kSecond, ns % kSecond};
  const std::int64_t n =
      syscall(nr::epoll_pwait2, fd, ev, kPollBatch, &t, nullptr, 8);
  if (n != -ENOSYS) return n;
  constexpr std::int64_t kMs = 1'000'000, kMost = 0x7fffffff;
  const std::int64_t ms = (ns + kMs - 1) / kMs;
  return syscall(nr::epoll_pwait, fd, ev, kPollBatch, ms < kMost ? ms : kMost,
                 nullptr, 8);
}

}  // namespace

std::int64_t epollopen(poller& p) noexcept {
  const std::int64_t fd = syscall(nr::epoll_create1, kEpollCloexec);
  if (fd < 0) return fd;
  const std::int64_t wake = wakeopen();
  const epollevent ev{kIn | kEdge, kWakeTag};
  std::int64_t err = wake;
  if (err >= 0) err = syscall(nr::epoll_ctl, fd, kEpollAdd, wake, &ev);
  if (err < 0) {
    if (wake >= 0) syscall(nr::close, wake);
    syscall(nr::close, fd);
    return err;
  }
  p = {static_cast<int>(fd), static_cast<int>(wake), nullptr};
  return 0;
}

std::int64_t epolladd(const poller& p, int fd, std::uint64_t tag) noexcept {
  const epollevent ev{kIn | kOut | kPri | kRdhup | kEdge, tag};
  return syscall(nr::epoll_ctl, p.fd, kEpollAdd, fd, &ev);
}

std::int64_t epolldel(const poller& p, int fd) noexcept {
  epollevent unused{};  // before 2.6.9 the kernel read it
  return syscall(nr::epoll_ctl, p.fd, kEpollDel, fd, &unused);
}

std::int64_t epollwait(const poller& p, pollready* out,
                       std::int64_t ns) noexcept {
  epollevent ev[kPollBatch];
  const std::int64_t n = ns > 0 ? waittimed(p.fd, ev, ns)
                                : syscall(nr::epoll_pwait, p.fd, ev, kPollBatch,
                                          ns == 0 ? 0 : -1, nullptr, 8);
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < n; i++)
    if (ev[i].data != kWakeTag)
      out[kept++] = {ev[i].data, bitsof(ev[i].events)};
  return kept;
}

void epollbreak(const poller& p) noexcept { wakeone(p.wakefd); }

}  // namespace burrow::sys
