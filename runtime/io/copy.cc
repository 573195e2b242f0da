// runtime/io/copy.cc - moving bytes between descriptors.
//
// How, by what the two are; each step moves a piece and says how much:
//
//   from     to       by
//   file     file     copy_file_range
//   file     socket   sendfile
//   file     pipe     splice
//   pipe     pipe, file, local socket    splice
//   socket   pipe     splice
//   socket   socket   splice into a pipe of ours and out of it (relaypipe.h)
//   socket   file     so, too
//   else              read and write
//
// Not so from a pipe or a local socket to TCP: there the bytes lie in single pages,
// of which TCP makes as many fragments, and splice costs twice what a buffer does
// (loopback, processor time of both ends a GiB: 0.21 s against 0.10 s).
//
// A socket is one of a stream, and ours: splice and sendfile ask a socket's own
// flags whether they may block. What the system refuses (files without a page
// cache, O_APPEND, other file systems, a filter of system calls) goes by read and
// write from then on, which either works or says the true error. So does a file
// that seems empty at once: those of /proc say that they have no size.
//
// Turns: a step holds its own as long as it lasts, so others may read and write in
// between, as between the calls of a loop. Of two turns the one to read from what
// can be waited for is taken first, then the one to write, then the one to read a
// file, which waits for nobody: there is no cycle.
//
// A splice between two descriptors that are watched does not say which of them
// made it fail with EAGAIN. Both count as not ready before it; after it poll says
// which is. An event in between raises the flag by itself.
//
// Rejected: holding a pipe of ours as long as a copy lasts, as Go does. Idle
// connections of a proxy would have three times the descriptors.

#include "runtime/io/copy.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "runtime/io/relaypipe.h"
#include "runtime/os/libc.h"
#include "runtime/sched/syscall.h"
#include "sys/io.h"
#include "sys/poller.h"

namespace burrow::rt {

copycounts copied;

namespace {

constexpr std::size_t kBuffer = std::size_t{32} << 10;
// A deadline is looked at between two pieces; files have none.
constexpr std::size_t kPiece = std::size_t{4} << 20;
constexpr std::size_t kFilePiece = std::size_t{1} << 30;

// The result of a step that has moved nothing and cannot: by the buffer, then.
constexpr std::int64_t kUnfit = -100'003;

enum class kind { file, pipe, local, tcp, other };

// -1: it has none.
int option(int fd, int name) noexcept {
  int value = -1;
  socklen_t len = sizeof value;
  ::getsockopt(fd, SOL_SOCKET, name, &value, &len);
  return value;
}

kind kindof(const descriptor* d) noexcept {
  struct stat st {};
  // Should it be closed at this moment, the first turn says so.
  if (::fstat(d->fd, &st) != 0) return kind::other;
  if (S_ISREG(st.st_mode)) return kind::file;
  if (S_ISFIFO(st.st_mode) && d->pd != nullptr) return kind::pipe;
  const bool ours = d->way == ioway::socket || d->way == ioway::polled;
  if (!S_ISSOCK(st.st_mode) || !ours || option(d->fd, SO_TYPE) != SOCK_STREAM)
    return kind::other;
  return socketfamily(d->fd) == AF_UNIX ? kind::local : kind::tcp;
}

// What may mean no more than that there is no such way between these two.
std::int64_t judged(std::int64_t r) noexcept {
  switch (r) {
    case -EINVAL:
    case -ENOSYS:
    case -EXDEV:
    case -EOPNOTSUPP:
    case -EPERM:
    case -EBADF:
    case -EIO:
      return kUnfit;
    default:
      return r;
  }
}

template <typename F>
std::int64_t doing(descriptor* d, polldir dir, F op) {
  return descdo(
      d, dir, [](int fd, void* arg) { return (*static_cast<F*>(arg))(fd); },
      &op);
}

// holding is doing for a file: it never waits, so -EAGAIN is the other's.
template <typename F>
std::int64_t holding(descriptor* d, polldir dir, F op) {
  const turn mine(d, dir);
  if (!mine) return kIoClosed;
  entersyscall();  // it may have to come from a disk
  const std::int64_t r = op(d->fd);
  exitsyscall();
  return r;
}

void count(std::atomic<std::uint64_t>& c, std::int64_t n) noexcept {
  if (n > 0) c.fetch_add(static_cast<std::uint64_t>(n), relaxed);
}

struct copier {
  descriptor* to;
  descriptor* from;
  std::uint64_t done = 0;
  std::unique_ptr<std::byte[]> room;

  // A step moves up to n bytes and adds to done what it has written. Returns > 0:
  // there may be more; 0: the end; an error; kUnfit.
  using step = std::int64_t (copier::*)(std::size_t n);

  std::int64_t moved(std::atomic<std::uint64_t>& c, std::int64_t r) noexcept {
    count(c, r);
    if (r > 0) done += static_cast<std::uint64_t>(r);
    return judged(r);
  }

  std::int64_t range(std::size_t n) {
    const turn mine(to, polldir::write);
    if (!mine) return kIoClosed;
    return moved(copied.range, doing(from, polldir::read, [&](int in) {
                   return sys::copyrange(in, to->fd, n);
                 }));
  }

  // file -> socket: EAGAIN is the socket's.
  std::int64_t sendfile(std::size_t n) {
    return moved(copied.sendfile, doing(to, polldir::write, [&](int out) {
                   return holding(from, polldir::read, [&](int in) {
                     return sys::sendfile(in, out, n);
                   });
                 }));
  }

  // file -> pipe, pipe -> file: EAGAIN is the pipe's.
  std::int64_t filetopipe(std::size_t n) {
    return moved(copied.splice, doing(to, polldir::write, [&](int out) {
                   return holding(from, polldir::read, [&](int in) {
                     return sys::splice(in, out, n);
                   });
                 }));
  }

  std::int64_t pipetofile(std::size_t n) {
    return moved(copied.splice, doing(from, polldir::read, [&](int in) {
                   return holding(to, polldir::write, [&](int out) {
                     return sys::splice(in, out, n);
                   });
                 }));
  }

  std::int64_t direct(std::size_t n) {
    return moved(copied.splice, splicewatched(n));
  }
  std::int64_t splicewatched(std::size_t n);
  std::int64_t relay(std::size_t n);
  std::int64_t empty(relaypipe* p, std::size_t n);
  std::int64_t buffered(std::size_t n);

  std::byte* buffer() {
    if (!room) room.reset(new std::byte[kBuffer]);
    return room.get();
  }

  step how() const noexcept;
};

copier::step copier::how() const noexcept {
  // A broken pipe there ends the program as it does others, which is told by the
  // registers of a write (signal/sighandler.cc).
  const auto standard = [](int n) { return n == 1 || n == 2; };
  if (standard(to->fd) || standard(from->fd)) return &copier::buffered;
  const kind there = kindof(to), here = kindof(from);
  if (there == kind::other || here == kind::other) return &copier::buffered;
  if (here == kind::file) {
    if (there == kind::file) return &copier::range;
    return there == kind::pipe ? &copier::filetopipe : &copier::sendfile;
  }
  if (here == kind::pipe && there == kind::file) return &copier::pipetofile;
  // (A pipe that blocks is waited for by splice: its reads might block the thread.)
  const bool pages = here == kind::pipe || here == kind::local;
  if (pages && there == kind::tcp && from->way != ioway::nowait)
    return &copier::buffered;
  if (here == kind::pipe || there == kind::pipe) return &copier::direct;
  return &copier::relay;
}

bool isofafile(copier::step s) noexcept {
  return s == &copier::range || s == &copier::sendfile ||
         s == &copier::filetopipe;
}

std::int64_t copier::splicewatched(std::size_t n) {
  const turn reading(from, polldir::read);
  if (!reading) return kIoClosed;
  for (;;) {
    if (const std::int64_t r = descready(from, polldir::read); r < 0) return r;
    // Not while we wait for something to read: others may write meanwhile.
    const turn writing(to, polldir::write);
    if (!writing) return kIoClosed;
    if (const std::int64_t r = descready(to, polldir::write); r < 0) return r;
    std::atomic<bool>& here = from->pd->readyat(polldir::read);
    std::atomic<bool>& there = to->pd->readyat(polldir::write);
    // acquire: as in attempt (descriptor.cc).
    here.exchange(false, acq_rel);
    there.exchange(false, acq_rel);
    const std::int64_t r = sys::splice(from->fd, to->fd, n);
    const std::uint32_t what = r == -EAGAIN ? sys::readiness(from->fd, to->fd)
                                            : sys::kPollRead | sys::kPollWrite;
    if ((what & sys::kPollRead) != 0) here.store(true, relaxed);
    if ((what & sys::kPollWrite) != 0) there.store(true, relaxed);
    if (r != -EAGAIN && r != -EINTR) return r;
  }
}

std::int64_t copier::relay(std::size_t n) {
  relaypipe* p = nullptr;
  const std::int64_t got = doing(from, polldir::read, [&](int in) {
    p = takepipe();
    if (p == nullptr) return kUnfit;
    const std::int64_t r = sys::splice(in, p->in, n);
    if (r <= 0) givepipe(p);
    return r;
  });
  if (got <= 0) return judged(got);
  auto left = static_cast<std::size_t>(got);
  std::int64_t r = doing(to, polldir::write, [&](int out) {
    while (left > 0) {
      const std::int64_t k = sys::splice(p->out, out, left);
      if (k == -EINTR) continue;
      if (k <= 0) return k < 0 ? k : kUnfit;
      left -= static_cast<std::size_t>(k);
    }
    return std::int64_t{1};
  });
  const std::size_t went = static_cast<std::size_t>(got) - left;
  count(copied.relayed, static_cast<std::int64_t>(went));
  done += went;
  if (left == 0) {
    givepipe(p);
    return r;
  }
  r = judged(r);
  if (r == kUnfit) r = empty(p, left);
  droppipe(p);
  return r;
}

// empty writes what is in p, for which splice knew no way. Returns kUnfit if all
// is well.
std::int64_t copier::empty(relaypipe* p, std::size_t n) {
  while (n > 0) {
    std::byte* at = buffer();
    const std::int64_t r = sys::read(p->out, at, std::min(n, kBuffer));
    if (r == -EINTR) continue;
    if (r <= 0) return r < 0 ? r : -EIO;
    std::size_t went = 0;
    const std::int64_t w =
        descwrite(to, at, static_cast<std::size_t>(r), &went);
    count(copied.buffer, static_cast<std::int64_t>(went));
    done += went;
    if (w < 0) return w;
    n -= static_cast<std::size_t>(r);
  }
  return kUnfit;
}

std::int64_t copier::buffered(std::size_t n) {
  std::byte* at = buffer();
  const std::int64_t r = descread(from, at, std::min(n, kBuffer));
  if (r <= 0) return r;
  std::size_t went = 0;
  const std::int64_t w = descwrite(to, at, static_cast<std::size_t>(r), &went);
  count(copied.buffer, static_cast<std::int64_t>(went));
  done += went;
  return w < 0 ? w : r;
}

}  // namespace

copyresult desccopy(descriptor* to, descriptor* from, std::uint64_t most) {
  if (to == nullptr || from == nullptr) return {0, kIoClosed};
  copier c{to, from, 0, nullptr};
  copier::step step = c.how();
  std::int64_t r = 1;
  while (r > 0 && c.done < most) {
    const std::size_t piece = step == &copier::range ? kFilePiece : kPiece;
    r = (c.*step)(std::min<std::uint64_t>(most - c.done, piece));
    const bool seemsempty = r == 0 && c.done == 0 && isofafile(step);
    if (r != kUnfit && !seemsempty) continue;
    step = &copier::buffered;
    r = 1;
  }
  return {c.done, std::min<std::int64_t>(r, 0)};
}

}  // namespace burrow::rt
