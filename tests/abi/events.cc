// tests/abi/events.cc - kqueue: entries are checked against the table, and what is
// ready is told by an epoll of ours on duplicates of the program's descriptors.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "tests/abi/kernel.h"

namespace abibed {

namespace {

constexpr int kReadFilter = -1, kWriteFilter = -2, kUserFilter = -10;
constexpr std::uint32_t kAdd = 1, kDelete = 2, kOneshot = 0x10, kClear = 0x20;
constexpr std::uint32_t kEof = 0x8000;
constexpr std::uint32_t kTrigger = 0x01000000;

struct layout {
  std::size_t filter, flags, fflags, data, udata, bytes, ident, width;
};

// By system, word size, and OpenBSD's release.
layout layoutof(const options& how, bool wide) {
  const bool obsd = how.release.os == system::openbsd;
  const bool old = obsd && how.release.number < 201405;
  if (wide)
    return old ? layout{4, 6, 8, 12, 16, 24, 4, 4}
               : layout{8, 10, 12, 16, 24, 32, 8, 8};
  if (obsd && !old) return {4, 6, 8, 12, 20, 24, 4, 8};
  return {4, 6, 8, 12, 16, 20, 4, 4};
}

}  // namespace

struct knote {
  std::uint64_t ident = 0;
  int filter = 0;
  std::uint32_t flags = 0;
  std::uint64_t udata = 0;
  int fd = -1;  // ours
  bool triggered = false;
};

struct kqueue {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::map<std::pair<std::uint64_t, int>, knote> notes;
  kqueue() = default;
  kqueue(const kqueue&) = delete;
  kqueue& operator=(const kqueue&) = delete;
  ~kqueue() {
    for (const auto& [key, n] : notes)
      if (n.fd >= 0) close(n.fd);
    close(epoll);
  }

  // Returns 0 or the foreign error.
  int change(pid_t pid, const knote& k, std::uint32_t fflags);
  void drop(const knote& n);
  bool pending() const;
  std::vector<knote> ready(std::size_t most);
};

void kqueue::drop(const knote& n) {
  if (n.fd >= 0) {
    // The program still has the file open: closing alone would not do it.
    epoll_ctl(epoll, EPOLL_CTL_DEL, n.fd, nullptr);
    close(n.fd);
  }
  notes.erase({n.ident, n.filter});
}

int kqueue::change(pid_t pid, const knote& k, std::uint32_t fflags) {
  const auto key = std::pair(k.ident, k.filter);
  const auto it = notes.find(key);
  if ((k.flags & kDelete) != 0) {
    if (it == notes.end()) return ENOENT;
    drop(knote(it->second));
    return 0;
  }
  if ((k.flags & kAdd) == 0 && it == notes.end()) return ENOENT;
  if (k.filter == kUserFilter) {
    knote& n = notes[key];
    const bool was = n.triggered;
    if (it == notes.end()) n = k;
    n.triggered = was || (fflags & kTrigger) != 0;
    return 0;
  }
  if (it != notes.end()) return 0;
  knote n = k;
  n.fd = tracees->duplicate(pid, static_cast<int>(k.ident));
  if (n.fd < 0) return EBADF;
  epoll_event e{};
  e.events = (k.filter == kReadFilter ? EPOLLIN | EPOLLRDHUP : EPOLLOUT) |
             ((k.flags & kClear) != 0 ? EPOLLET : 0U);
  e.data.fd = n.fd;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, n.fd, &e) < 0) {
    close(n.fd);
    return EINVAL;
  }
  notes[key] = n;
  return 0;
}

// Whether ready would find something.
bool kqueue::pending() const {
  for (const auto& [key, n] : notes)
    if (n.triggered) return true;
  pollfd p{epoll, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

std::vector<knote> kqueue::ready(std::size_t most) {
  std::vector<knote> found;
  for (auto& [key, n] : notes)
    if (n.triggered && found.size() < most) {
      found.push_back(n);
      n.triggered = false;
    }
  epoll_event e[64];
  const auto room =
      static_cast<int>(std::min<std::size_t>(most - found.size(), 64));
  const int k = room > 0 ? epoll_wait(epoll, e, room, 0) : 0;
  for (int i = 0; i < k; i++)
    for (const auto& [key, n] : notes) {
      if (n.fd != e[i].data.fd) continue;
      found.push_back(n);
      if ((e[i].events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0)
        found.back().flags |= kEof;
    }
  return found;
}

void kernel::dokqueue(thread& t) {
  // A number that nothing else has: an epoll that nobody uses.
  constexpr std::int64_t kNarrowCreate = 329;
  aslinux(t, SYS_epoll_create1, kNarrowCreate, {0},
          [this, &t](std::int64_t fd) {
            if (fd < 0) return finish(t, error(static_cast<int>(-fd)));
            t.proc->queues[static_cast<int>(fd)] = std::make_shared<kqueue>();
            finish(t, ok(static_cast<std::uint64_t>(fd)));
          });
}

void kernel::dokevent(thread& t) {
  const layout l = layoutof(how_, t.proc->wide);
  const std::size_t w = wordbytes(t);
  const pid_t pid = t.proc->pid;
  const auto it = t.proc->queues.find(static_cast<int>(arg(t, 0)));
  if (it == t.proc->queues.end()) return finish(t, error(EBADF));
  const auto q = it->second;
  const std::uint64_t changes = arg(t, 1), n = arg(t, 2), to = arg(t, 3);
  const std::uint64_t room = arg(t, 4), time = arg(t, 5);
  for (std::uint64_t i = 0; i < n; i++) {
    std::vector<unsigned char> b(l.bytes);
    if (!readmem(pid, changes + i * l.bytes, b.data(), b.size()))
      return finish(t, error(EFAULT));
    knote k;
    k.ident = peek(b, 0, l.ident);
    k.filter = static_cast<std::int16_t>(peek(b, l.filter, 2));
    k.flags = static_cast<std::uint32_t>(peek(b, l.flags, 2));
    k.udata = peek(b, l.udata, w);
    const auto fflags = static_cast<std::uint32_t>(peek(b, l.fflags, 4));
    const bool user =
        k.filter == kUserFilter && how_.release.os == system::darwin;
    if (k.filter != kReadFilter && k.filter != kWriteFilter && !user)
      fail("kevent: filter %d", k.filter);
    if ((k.flags & ~(kAdd | kDelete | kOneshot | kClear)) != 0)
      fail("kevent: flags %x", k.flags);
    if ((fflags & ~(user ? kTrigger : 0U)) != 0 ||
        peek(b, l.data, l.width) != 0)
      fail("kevent: fflags %x or data", fflags);
    for (const std::uint64_t v : {k.ident, static_cast<std::uint64_t>(k.filter),
                                  static_cast<std::uint64_t>(k.flags), k.udata})
      record(t).args.push_back(v);
    if (const int e = q->change(pid, k, fflags); e != 0) {
      if (room != 0) fail("kevent: this kernel lacks errors as events");
      return finish(t, error(e));
    }
  }
  if (room == 0) return finish(t, ok());
  const auto answer = [=] {
    const std::vector<knote> found = q->ready(room);
    std::uint64_t at = to;
    for (const knote& k : found) {
      int bytes = 0;
      if (k.filter == kReadFilter) ioctl(k.fd, FIONREAD, &bytes);
      std::vector<unsigned char> b(l.bytes);
      poke(b, 0, l.ident, k.ident);
      poke(b, l.filter, 2, static_cast<std::uint16_t>(k.filter));
      poke(b, l.flags, 2, k.flags);
      poke(b, l.data, l.width, static_cast<std::uint64_t>(bytes));
      poke(b, l.udata, w, k.udata);
      if ((k.flags & kOneshot) != 0) q->drop(k);
      if (!writemem(pid, at, b.data(), b.size())) fail("kevent: no room");
      at += l.bytes;
    }
    return found.size();
  };
  if (const std::size_t found = answer(); found > 0)
    return finish(t, ok(found));
  const std::int64_t ns = time == 0 ? -1 : readtime(t, time);
  if (ns == 0) return finish(t, ok(0));
  sleep(t, ~1ULL, ns < 0 ? -1 : now() + ns);
  interruptible(t, ok(0), ok(0), error(EINTR));
  if (!t.sleeping) return;
  t.onpoll = [this, &t, answer] {
    const std::size_t found = answer();
    if (found == 0) return;
    unsleep(t);
    finish(t, ok(found));
  };
}

// Kqueues are ours, not Linux's; so the rest is asked of Linux in our own name.
void kernel::dopoll(thread& t) {
  struct entry {
    std::int32_t fd;
    std::int16_t events, revents;
  };
  constexpr std::int16_t kIn = 1, kOut = 4;
  const std::uint64_t at = arg(t, 0), n = arg(t, 1);
  const auto ms = static_cast<std::int32_t>(arg(t, 2));
  const auto answer = [=, &t] {
    std::uint64_t ready = 0;
    for (std::uint64_t i = 0; i < n; i++) {
      entry e{};
      if (!get(t.proc->pid, at + i * sizeof e, e)) fail("poll: no entry");
      if ((e.events & ~(kIn | kOut)) != 0) fail("poll: events %x", e.events);
      e.revents = 0;
      if (const auto q = t.proc->queues.find(e.fd); q != t.proc->queues.end()) {
        e.revents = q->second->pending() ? kIn & e.events : 0;
      } else if (e.fd >= 0) {
        const int ours = tracees->duplicate(t.proc->pid, e.fd);
        pollfd p{ours, e.events, 0};
        if (ours < 0)
          e.revents = POLLNVAL;
        else if (::poll(&p, 1, 0) > 0)
          e.revents = p.revents;
        close(ours);
      }
      if (e.revents != 0) ready++;
      put(t.proc->pid, at + i * sizeof e, e);
    }
    return ready;
  };
  if (const std::uint64_t r = answer(); r > 0 || ms == 0)
    return finish(t, ok(r));
  sleep(t, ~1ULL, ms < 0 ? -1 : now() + std::int64_t{ms} * 1'000'000);
  interruptible(t, ok(0), ok(0), error(EINTR));
  if (!t.sleeping) return;
  t.onpoll = [this, &t, answer] {
    const std::uint64_t r = answer();
    if (r == 0) return;
    unsleep(t);
    finish(t, ok(r));
  };
}

}  // namespace abibed
