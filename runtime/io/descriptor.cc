// runtime/io/descriptor.cc - turns, references, and the loops around the calls.

#include "runtime/io/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "runtime/sched/park.h"
#include "runtime/sched/syscall.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/sched/tls.h"
#include "sys/io.h"
#include "sys/os.h"
#include "sys/poller.h"

namespace burrow::rt {

namespace {

waitq& queueof(descriptor* d, polldir dir) noexcept {
  return d->queues[static_cast<int>(dir)];
}

bool& heldof(descriptor* d, polldir dir) noexcept {
  return d->held[static_cast<int>(dir)];
}

// leave is the end of a use, or of the handle; d->lock held, released.
void leave(descriptor* d, bool use) noexcept {
  if (use) {
    d->users--;
  } else {
    d->handle = false;
  }
  const bool last = use && d->users == 0;
  const bool dead = d->users == 0 && !d->handle;
  const int fd = d->fd;
  polldesc* pd = d->pd;
  d->lock.unlock();  // from here on d may be gone, unless it is `dead`
  if (last && pd != nullptr) netpollclose(pd);
  if (last && fd >= 0) ::close(fd);  // libc's: sanitizers follow numbers
  if (dead) delete d;
}

void leave(descriptor* d) noexcept {
  d->lock.lock();
  leave(d, true);
}

std::int64_t errorof(pollresult r) noexcept {
  return r == pollresult::closed ? kIoClosed : kIoDeadline;
}

// A deadline that has passed fails what need not wait, too. The coarse clock is behind
// by some ms at most, unless the system itself has not run for longer.
bool toolate(polldesc* pd, polldir dir) noexcept {
  constexpr std::int64_t kFar = 100'000'000;
  const std::int64_t when = pd->at(dir).deadline.load(relaxed);
  if (when == 0 || (when > kFar && sys::coarsetime() < when - kFar))
    return false;
  return nanotime() >= when;
}

bool late(descriptor* d, polldir dir) noexcept {
  return d->pd != nullptr && toolate(d->pd, dir);
}

// attempt runs op until it does not have to wait; see netpoll.h. The caller has seen
// that it is not too late. Fewer than `full` bytes are all there was, and what comes
// next is an event, unless that has come already: `ready` stays as it is.
template <typename F>
std::int64_t attempt(descriptor* d, polldir dir, std::size_t full, F op) {
  polldesc* const pd = d->pd;
  std::atomic<bool>& ready = pd->readyat(dir);
  for (;;) {
    if (!ready.load(relaxed)) {
      const pollresult r = pollwait(pd, dir, d);
      if (r != pollresult::ready) return errorof(r);
    }
    // acquire: with `ready`, what the poller stored before it: `ended`.
    ready.exchange(false, acq_rel);
    const std::int64_t r = op();
    if (r == -EAGAIN) continue;
    const bool drained =
        r > 0 && static_cast<std::size_t>(r) < full && !pd->ended.load(relaxed);
    // relaxed: should an event have stored it meanwhile, `ended` is in the same line, and
    // so here with it.
    if (!drained) ready.store(true, relaxed);
    if (r != -EINTR) return r;
  }
}

// Blocks the thread, also where the file does not and nobody watches it.
template <typename F>
std::int64_t blockingcall(int fd, polldir dir, F op) {
  for (;;) {
    entersyscall();
    const std::int64_t r = op();
    if (r == -EAGAIN) sys::waitone(fd, dir == polldir::write, -1, -1);
    exitsyscall();
    if (r != -EINTR && r != -EAGAIN) return r;
  }
}

// The call that does not block, or the one that may.
template <typename F, typename N>
std::int64_t anyway(descriptor* d, polldir dir, std::size_t full, F call,
                    N nowait) {
  switch (d->way) {
    case ioway::polled:
    case ioway::socket:
      return attempt(d, dir, full, call);
    case ioway::nowait: {
      const std::int64_t r = attempt(d, dir, full, nowait);
      if (r != -EOPNOTSUPP && r != -ENOSYS) return r;
      break;  // watched, but the system cannot do it without blocking
    }
    case ioway::blocking:
      break;
  }
  return blockingcall(d->fd, dir, call);
}

// The turn is the caller's, as for all that reads.
std::int64_t readnow(descriptor* d, void* to, std::size_t n) {
  return anyway(
      d, polldir::read, d->stream ? n : 0,
      [=] {
        return d->way == ioway::socket
                   ? sys::recvfrom(d->fd, to, n, nullptr, nullptr)
                   : sys::read(d->fd, to, n);
      },
      [=] { return sys::readnowait(d->fd, to, n); });
}

// Waits until there is something to read. `ready` may be of an event that is old, so
// it looks; what comes after that look is an event.
std::int64_t awaitinput(descriptor* d) {
  if (d->pd == nullptr)
    return blockingcall(d->fd, polldir::read, [d] {
      return sys::waitone(d->fd, false, -1, -1) > 0 ? 0 : std::int64_t{-EINTR};
    });
  std::atomic<bool>& ready = d->pd->readyat(polldir::read);
  if (!ready.load(relaxed)) {
    const std::int64_t r = descready(d, polldir::read);
    // A thread has waited by itself: nobody has told `ready`.
    if (r == 0 && getm() == nullptr) ready.exchange(true, acq_rel);
    return r;
  }
  if (toolate(d->pd, polldir::read)) return kIoDeadline;
  ready.exchange(false, acq_rel);  // acquire: as in attempt
  if ((sys::readiness(d->fd, -1) & sys::kPollRead) == 0)
    return descready(d, polldir::read);
  ready.exchange(true, acq_rel);  // acquire: an event may have come meanwhile
  return 0;
}

// err: why it is not watched, though that was wanted; or 0.
std::unique_ptr<descriptor> makedesc(int fd, ioway way, bool stream,
                                     std::int64_t& err) {
  auto d = std::make_unique<descriptor>();
  d->fd = fd;
  d->stream = stream;
  err = 0;
  if (way == ioway::blocking) return d;
  err = netpollopen(fd, d->pd);
  if (err >= 0) d->way = way;
  return d;
}

}  // namespace

turn::turn(descriptor* d, polldir dir) noexcept
    : lostcall{lost, nullptr}, d_(d), dir_(dir), list_(&glost()) {
  d->lock.lock();
  if (d->closing) {
    d->lock.unlock();
    return;
  }
  d->users++;
  next = *list_;
  *list_ = this;
  mine_ = true;
  bool& held = heldof(d, dir);
  if (held) {
    queueup();
    return;
  }
  held = true;
  d->lock.unlock();
}

turn::~turn() {
  if (!mine_) return;
  *list_ = next;
  d_->lock.lock();
  pass();
}

// Waits for the turn of others to end; d_->lock held, released. Not inlined: the
// sudog would be in every reader's frame, which is cold when there are many.
__attribute__((noinline)) void turn::queueup() noexcept {
  sudog me;
  me.gp = getg();
  me.lock = &d_->lock;
  queued_ = &me;
  queueof(d_, dir_).enqueue(&me);
  gopark(&d_->lock, &me, waitreason::io_wait);
  queued_ = nullptr;
  if (me.success) return;  // handed over
  mine_ = false;           // closed meanwhile
  *list_ = next;
  leave(d_);
}

// The goroutine never comes back.
void turn::lost(lostcall* c) noexcept {
  auto* t = static_cast<turn*>(c);
  t->d_->lock.lock();
  // Under the lock: who hands over has said so, or never will.
  const bool had = t->queued_ == nullptr || t->queued_->success;
  had ? t->pass() : leave(t->d_, true);
}

// Hands over to the first who waits and will go on, and ends the use. d_->lock
// held, released.
void turn::pass() noexcept {
  waitq& q = queueof(d_, dir_);
  sudog* to = q.first;
  while (to != nullptr && !willrun(to->gp)) to = to->next;
  g* gp = nullptr;
  if (to != nullptr) {
    q.remove(to);
    to->success = true;
    gp = to->gp;
  } else {
    heldof(d_, dir_) = false;
  }
  leave(d_, true);
  if (gp != nullptr) goready(gp);
}

descriptor* descopen(int fd, ioway way, bool stream) {
  std::int64_t err;
  auto d = makedesc(fd, way, stream, err);
  if (err < 0 && err != -EPERM)
    throw std::system_error(static_cast<int>(-err), std::system_category(),
                            "watch a descriptor");
  return d.release();
}

descriptor* descgiven(int fd) {
  struct stat st {};
  const bool pipe = ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
  const int flags = ::fcntl(fd, F_GETFL);
  const bool nonblock = flags >= 0 && (flags & O_NONBLOCK) != 0;
  const bool can = nonblock || pipe || S_ISSOCK(st.st_mode);
  const ioway way = nonblock ? ioway::polled : ioway::nowait;
  // Not a stream: into a pipe another process may write packets, of which a read
  // gets one.
  std::int64_t err;
  return makedesc(fd, can ? way : ioway::blocking, false, err).release();
}

bool descclose(descriptor* d) noexcept {
  d->lock.lock();
  const bool first = !d->closing;
  d->closing = true;
  sudog* waiting = nullptr;
  for (waitq& q : d->queues)
    while (sudog* s = q.pop()) {
      s->next = waiting;
      waiting = s;
    }
  d->lock.unlock();
  if (!first) return false;
  if (d->pd != nullptr) netpollevict(d->pd);
  while (waiting != nullptr) {
    g* gp = waiting->gp;
    waiting = waiting->next;  // its stack is not ours once it is ready
    goready(gp);
  }
  leave(d);
  return true;
}

int descrelease(descriptor* d) noexcept {
  const int fd = d->fd;
  if (d->pd != nullptr) {
    netpollevict(d->pd);
    netpollclose(d->pd);
  }
  d->lock.lock();
  d->fd = -1;
  d->pd = nullptr;
  d->lock.unlock();
  descclose(d);
  descfree(d);
  return fd;
}

void descfree(descriptor* d) noexcept {
  descclose(d);
  d->lock.lock();
  leave(d, false);
}

std::int64_t descread(descriptor* d, void* to, std::size_t n) {
  const turn mine(d, polldir::read);
  if (!mine) return kIoClosed;
  if (n == 0) return 0;
  if (late(d, polldir::read)) return kIoDeadline;
  return readnow(d, to, n);
}

std::int64_t descreadlater(descriptor* d, detail::room_ref room) {
  const turn mine(d, polldir::read);
  if (!mine) return kIoClosed;
  if (const std::int64_t r = awaitinput(d); r < 0) return r;
  const std::span<std::byte> to = room();
  return to.empty() ? 0 : readnow(d, to.data(), to.size());
}

std::int64_t descwrite(descriptor* d, const void* from, std::size_t n,
                       std::size_t* done) {
  *done = 0;
  const turn mine(d, polldir::write);
  if (!mine) return kIoClosed;
  const char* at = static_cast<const char*>(from);
  do {
    const std::size_t left = n - *done;
    const char* next = at + *done;
    if (late(d, polldir::write)) return kIoDeadline;
    const std::int64_t r = anyway(
        d, polldir::write, 0,
        [=] {
          return d->way == ioway::socket
                     ? sys::sendto(d->fd, next, left, nullptr, 0)
                     : sys::write(d->fd, next, left);
        },
        [=] { return sys::writenowait(d->fd, next, left); });
    if (r < 0) return r;
    *done += static_cast<std::size_t>(r);
  } while (*done < n);
  return 0;
}

std::int64_t descdo(descriptor* d, polldir dir,
                    std::int64_t (*op)(int fd, void* arg), void* arg) {
  const turn mine(d, dir);
  if (!mine) return kIoClosed;
  if (late(d, dir)) return kIoDeadline;
  const auto call = [=] { return op(d->fd, arg); };
  return d->pd != nullptr ? attempt(d, dir, 0, call)
                          : blockingcall(d->fd, dir, call);
}

std::int64_t descready(descriptor* d, polldir dir) {
  if (toolate(d->pd, dir)) return kIoDeadline;
  if (d->pd->readyat(dir).load(relaxed)) return 0;
  const pollresult r = pollwait(d->pd, dir, d);
  return r == pollresult::ready ? 0 : errorof(r);
}

std::int64_t descdeadline(descriptor* d, polldir dir, std::int64_t when) {
  if (d->pd == nullptr) return -EOPNOTSUPP;
  d->lock.lock();
  const bool closing = d->closing;
  if (!closing) d->users++;
  d->lock.unlock();
  if (closing) return kIoClosed;
  pollsetdeadline(d->pd, dir, when);
  leave(d);
  return 0;
}

}  // namespace burrow::rt
