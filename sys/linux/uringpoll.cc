// sys/linux/uringpoll.cc - sys/poller.h on io_uring.
//
// Each descriptor has one request that lasts: a multishot poll, edge-triggered.
// Its events are completions in memory that is shared with the kernel: who looks
// for some, and finds none, makes no system call.
//
// The kernel works a request off in the thread that has submitted it, which it
// interrupts for that wherever it is. So an event waits while that thread sits in
// a call that nothing can interrupt, and a call that is given up when a signal
// comes (epoll_wait, a socket's with a time limit) may return EINTR in it. And the
// open file of a watch that has been ended is let go only there, after polldel has
// returned. epoll has none of that.
//
// The kernel tells of an event what the wake-up said, not what is: data and
// urgent data are woken for in one word, so urgent data is not asked for.
//
// To wake whoever waits, a message is posted into the ring, which takes no lock
// (Linux 6.13).
//
// Rejected: an eventfd for that, watched as any other. The message would go through
// the thread that opened the poller.

#include <cerrno>
#include <new>

#include "sys/linux/epollbits.h"
#include "sys/linux/pollkinds.h"
#include "sys/linux/uring.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};

// The ring takes what can never wait, and says that it is ready, once. epoll says
// -EPERM.
std::int64_t canwait(int epfd, int fd) noexcept {
  epollevent ev{kIn, 0};
  const std::int64_t r = syscall(nr::epoll_ctl, epfd, kEpollAdd, fd, &ev);
  // It is there where it could not be taken out the last time.
  if (r < 0 && r != -EEXIST) return r;
  return syscall(nr::epoll_ctl, epfd, kEpollDel, fd, &ev);
}

pollready readyof(const cqe& e) noexcept {
  std::uint32_t what = 0;
  if (e.res > 0) what = bitsof(static_cast<std::uint32_t>(e.res));
  if ((e.flags & kCqeMore) == 0) what |= kPollLost;
  return {e.userdata, what};
}

struct taken {
  std::size_t n;  // completions
  std::int64_t kept;
};

taken take(uring& r, pollready* out) noexcept {
  cqe got[kPollBatch];
  const std::size_t n = ringtake(r, got, kPollBatch);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < n; i++)
    if (got[i].userdata != kWakeTag) out[kept++] = readyof(got[i]);
  return {n, kept};
}

}  // namespace

std::int64_t uringopen(poller& p) noexcept {
  const std::int64_t epfd = syscall(nr::epoll_create1, kEpollCloexec);
  if (epfd < 0) return epfd;
  void* at = sysreserve(pagesize());
  std::int64_t err = -ENOMEM;
  if (at != nullptr) {
    auto* r = new (at) uring;
    err = ringopen(*r);
    if (err >= 0) err = ringpost(*r, kWakeTag);  // whether it can
    if (err >= 0) {
      p = {r->fd, static_cast<int>(epfd), r};
      return 0;
    }
    if (r->fd >= 0) ringclose(*r);
    sysfree(at, pagesize());
  }
  syscall(nr::close, epfd);
  return err;
}

std::int64_t uringadd(const poller& p, int fd, std::uint64_t tag) noexcept {
  const std::int64_t err = canwait(p.wakefd, fd);
  if (err < 0) return err;
  sqe e;
  e.opcode = kOpPollAdd;
  e.fd = fd;
  e.len = kPollMulti;
  e.opflags = kIn | kOut | kRdhup | kEdge;
  e.userdata = tag;
  return ringsubmit(*p.ring, e);
}

std::int64_t uringdel(const poller& p, std::uint64_t tag) noexcept {
  ringcancel(*p.ring, tag);
  return 1;  // also if there was none: it has ended, and that is told, too
}

std::int64_t uringwait(const poller& p, pollready* out,
                       std::int64_t ns) noexcept {
  uring& r = *p.ring;
  if (!ringempty(r)) {
    const taken t = take(r, out);
    if (t.n > 0) return t.kept;
    ns = 0;  // the ring was full once, and the kernel has more
  } else if (ns == 0) {
    return 0;
  }
  ringwait(r, ns);
  return take(r, out).kept;
}

// One who sleeps would do so for ever if it were lost.
void uringbreak(const poller& p) noexcept {
  for (std::int64_t r; (r = ringpost(*p.ring, kWakeTag)) < 0;) {
    if (r != -EINTR && r != -EAGAIN && r != -ENOMEM) return;
    osyield();
  }
}

}  // namespace burrow::sys
