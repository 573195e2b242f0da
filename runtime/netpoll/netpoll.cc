// runtime/netpoll/netpoll.cc - watching descriptors, and telling who waits.

#include "runtime/netpoll/netpoll.h"

#include <cerrno>
#include <mutex>
#include <new>

#include "burrow/detail/sanitizers.h"
#include "runtime/diag/print.h"
#include "runtime/netpoll/deadline.h"
#include "runtime/netpoll/thread.h"
#include "runtime/sched/env.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "sys/os.h"
#include "sys/poller.h"

namespace burrow::rt {

std::atomic<std::int32_t> npolled{0};

namespace {

constexpr std::uint32_t kPerBlock = 256, kBlocks = 8192;

// All polldescs ever made, by index; a block is never freed.
std::atomic<polldesc*> blocks[kBlocks];

struct {
  rtmutex lock;
  bool open = false;
  polldesc* free = nullptr;
  std::uint32_t nblocks = 0;
} pool;

sys::poller thepoller;  // written once, before npolled is first raised
std::atomic<std::int64_t> lastpoll{0};
bool parentspoller = false;  // written when there is one thread

// pool.lock held.
bool addblock() noexcept {
  if (pool.nblocks == kBlocks) return false;
  auto* b = new (std::nothrow) polldesc[kPerBlock];
  if (b == nullptr) return false;
  for (std::uint32_t i = kPerBlock; i-- > 0;) {
    b[i].index = pool.nblocks * kPerBlock + i;
    b[i].link = pool.free;
    pool.free = &b[i];
  }
  // release: a poller that finds an index of this block finds it whole.
  blocks[pool.nblocks++].store(b, release);
  return true;
}

// The kind that BURROW_DEBUG asks for, else the standard one. pool.lock held.
std::int64_t openpoller() noexcept {
  const sys::pollkind kind = debugvar.netpoll.load(relaxed);
  std::int64_t err = sys::pollopen(thepoller, kind);
  if (err >= 0 || kind == sys::pollkind::standard) return err;
  printer(2)
      .str(
          "burrow: BURROW_DEBUG=netpoll=uring: no io_uring that would do, or "
          "not for this process (errno ")
      .dec(-err)
      .str("); using epoll\n");
  return sys::pollopen(thepoller, sys::pollkind::standard);
}

std::int64_t takedesc(polldesc*& pd) noexcept {
  const lockguard hold(pool.lock);
  if (!pool.open) {
    const std::int64_t err = openpoller();
    if (err < 0) return err;
    pool.open = true;
  }
  if (pool.free == nullptr && !addblock()) return -ENOMEM;
  pd = pool.free;
  pool.free = pd->link;
  return 0;
}

void putdesc(polldesc* pd) noexcept {
  const lockguard hold(pool.lock);
  pd->link = pool.free;
  pool.free = pd;
}

// Whether the deadline is still `when`, and a timer is to come by then; one that
// fires at this moment comes when pd->lock, which is held, is free.
bool coveredby(polldesc* pd, polldir dir, std::int64_t when) noexcept {
  if (pd->at(dir).deadline.load(relaxed) != when) return false;
  if (when == 0) return true;
  const std::int64_t armed = pd->timerat(dir).armed.load(relaxed);
  return armed != 0 && armed <= when;
}

std::uint64_t tagof(const polldesc* pd) noexcept {
  return std::uint64_t{pd->seq} << 32 | pd->index;
}

polldesc* descof(std::uint64_t tag) noexcept {
  const auto i = static_cast<std::uint32_t>(tag);
  return blocks[i / kPerBlock].load(acquire) + i % kPerBlock;
}

// Takes the waiter of one side, or null; pd->lock held.
g* takewaiter(pollside& s, bool ready) noexcept {
  sudog* sd = s.q.pop();
  if (sd == nullptr) return nullptr;
  sd->success = ready;
  return sd->gp;
}

void give(g* gp, gqueue& out) noexcept {
  if ((gp->flags & kGProbed) != 0) [[unlikely]]
    probedready(gp);
  out.push(gp);
}

// watchagain: the kernel has given the watch up; pd->lock held. Its lock keeps
// the watch from being ended, and the number from being closed, before we are
// through. A kernel without memory is asked until it has some.
void watchagain(const polldesc* pd, std::uint64_t tag) noexcept {
  while (sys::polladd(thepoller, pd->fd, tag) < 0) sys::osyield();
}

// woken[0, 2): whom it ends a wait of, by polldir; null: nobody.
void tell(const sys::pollready& ev, g** woken) noexcept {
  woken[0] = woken[1] = nullptr;
  polldesc* pd = descof(ev.tag);
  pd->lock.lock();
  const bool lost = (ev.what & sys::kPollLost) != 0;
  if (tagof(pd) == ev.tag && pd->closing && lost) pd->lost = true;
  if (tagof(pd) == ev.tag && !pd->closing) {
    if (lost) watchagain(pd, ev.tag);
    if ((ev.what & sys::kPollEnd) != 0) pd->ended.store(true, relaxed);
    for (const polldir d : {polldir::read, polldir::write}) {
      const std::uint32_t bit =
          d == polldir::read ? sys::kPollRead : sys::kPollWrite;
      if ((ev.what & (bit | sys::kPollEnd)) == 0) continue;
      pd->readyat(d).store(true, release);
      woken[static_cast<int>(d)] = takewaiter(pd->at(d), true);
      // Who has a deadline moves it.
      if (pd->at(d).deadline.load(relaxed) != 0)
        __builtin_prefetch(&pd->timerat(d));
    }
  }
  pd->lock.unlock();
}

bool islost(polldesc* pd) noexcept {
  const std::lock_guard hold(pd->lock);
  return pd->lost;
}

// A file that is still open after close would keep its port, or a pipe's other
// end from its EPIPE. What is told meanwhile is passed on. A thread that cannot be
// interrupted is not waited for longer than kPatience: then the file goes later.
void awaitlost(polldesc* pd) noexcept {
  constexpr std::int64_t kPatience = 100'000'000;
  const std::int64_t start = nanotime();
  while (!islost(pd)) {
    gqueue ready;
    netpoll(0, ready);
    while (g* gp = ready.pop()) goready(gp);
    if (islost(pd) || nanotime() - start > kPatience) return;
    sys::osyield();
  }
}

// With a thousand connections each event's polldesc, and the sudog on its waiter's
// stack, are cold: all are fetched before the first is told. A waiter that is gone
// meanwhile costs a useless fetch.
void fetchahead(const sys::pollready* ev, std::int64_t n) {
#if defined(BURROW_TSAN)
  return;  // a guess at a pointer that others write is a race to it
#endif
  for (std::int64_t i = 0; i < n; i++) __builtin_prefetch(descof(ev[i].tag), 1);
  for (std::int64_t i = 0; i < n; i++) {
    const auto* sd = reinterpret_cast<const char*>(
        __atomic_load_n(&descof(ev[i].tag)->side[0].q.first, __ATOMIC_RELAXED));
    if (sd == nullptr) continue;
    __builtin_prefetch(sd, 1);
    __builtin_prefetch(sd + kCacheLine, 1);
  }
}

}  // namespace

std::int64_t netpollopen(int fd, polldesc*& pd) {
  pd = nullptr;
  polldesc* mine = nullptr;
  std::int64_t err = takedesc(mine);
  if (err < 0) return err;
  mine->lock.lock();
  mine->closing = mine->lost = false;
  mine->ended.store(false, relaxed);
  mine->seq++;
  for (std::atomic<bool>& ready : mine->ready) ready.store(true, relaxed);
  for (pollside& s : mine->side) s.deadline.store(0, relaxed);
  mine->fd = fd;
  const std::uint64_t tag = tagof(mine);
  mine->lock.unlock();
  err = sys::polladd(thepoller, fd, tag);
  if (err < 0) {
    netpollevict(mine);
    putdesc(mine);
    return err;
  }
  pd = mine;
  // seq_cst [NETPOLL]: either the idle poller sees the count, or we see it.
  if (npolled.fetch_add(1, seq_cst) == 0) wakeidlepoller();
  return 0;
}

void netpollevict(polldesc* pd) noexcept {
  g* woken[2];
  pd->lock.lock();
  pd->closing = true;
  woken[0] = takewaiter(pd->side[0], false);
  woken[1] = takewaiter(pd->side[1], false);
  for (const polltimer& s : pd->timers) wakethreads(s);
  pd->lock.unlock();
  for (g* gp : woken)
    if (gp != nullptr) goready(gp);
}

void netpollclose(polldesc* pd) noexcept {
  if (!parentspoller && sys::polldel(thepoller, pd->fd, tagof(pd)) > 0)
    awaitlost(pd);
  npolled.fetch_sub(1, relaxed);
  putdesc(pd);
}

pollresult pollwait(polldesc* pd, polldir dir, void* about) {
  if (getm() == nullptr) return threadwait(pd, dir);
  pollside& s = pd->at(dir);
  // The caller has looked whether it is too late; a deadline that has passed since then
  // is armed, and so ends the wait.
  for (bool again = false;; again = true) {
    const std::int64_t when = s.deadline.load(relaxed);
    if (when != 0) {
      if (again && nanotime() >= when) return pollresult::deadline;
      armdeadline(pd, dir, when);
    }
    sudog me;
    pd->lock.lock();
    pollresult r = pd->closing ? pollresult::closed : pollresult::ready;
    if (pd->closing || pd->readyat(dir).load(relaxed)) {
      pd->lock.unlock();
      return r;
    }
    if (!coveredby(pd, dir, when)) {
      pd->lock.unlock();
      continue;
    }
    me.gp = getg();
    me.lock = &pd->lock;
    me.elem = about;
    s.q.enqueue(&me);
    gopark(&pd->lock, &me, waitreason::io_wait);
    if (me.success) return pollresult::ready;
  }
}

void pollsetdeadline(polldesc* pd, polldir dir, std::int64_t when) {
  pollside& s = pd->at(dir);
  pd->lock.lock();
  s.deadline.store(when, relaxed);
  const bool waits = !s.q.empty();
  wakethreads(pd->timerat(dir));
  pd->lock.unlock();
  if (waits && when != 0) armdeadline(pd, dir, when);
}

void polldeadline(polldesc* pd, polldir dir) {
  pollside& s = pd->at(dir);
  g* gp = nullptr;
  std::int64_t again = 0;
  pd->lock.lock();
  if (const std::int64_t when = s.deadline.load(relaxed); when != 0) {
    if (nanotime() >= when)
      gp = takewaiter(s, false);
    else if (!s.q.empty())
      again = when;
  }
  pd->lock.unlock();
  if (gp != nullptr) goready(gp);
  if (again != 0) armdeadline(pd, dir, again);
}

namespace {

// The system tells a break to one of those who poll: it may have been meant for the m
// that sleeps there, and have come to us, who do not. We see its note then, which was
// there before the break.
void passbreak() noexcept {
  const m* x = asleepinpoll();
  if (x != nullptr && x->park.signaled()) netpollbreak();
}

// keep appends gp, if it is one, and fetches of it what a switch to it touches and what
// its park does.
void keep(g* gp, gqueue& q) noexcept {
  if (gp == nullptr) return;
  q.push(gp);
  __builtin_prefetch(gp);
  __builtin_prefetch(reinterpret_cast<const char*>(gp) + kCacheLine);
}

}  // namespace

void netpoll(std::int64_t ns, gqueue& out) noexcept {
  sys::pollready ev[sys::kPollBatch];
  const std::int64_t n = sys::pollwait(thepoller, ev, ns);
  lastpoll.store(nanotime(), relaxed);
  if (ns == 0) passbreak();
  if (n > 1) fetchahead(ev, n);
  gqueue woken;
  for (std::int64_t i = 0; i < n; i++) {
    g* both[2];
    tell(ev[i], both);
    for (g* gp : both) keep(gp, woken);
  }
  while (g* gp = woken.pop()) give(gp, out);
}

void netpollbreak() noexcept { sys::pollbreak(thepoller); }

void netpollforked() noexcept { parentspoller = pool.open; }

std::int64_t netpolltime() noexcept { return lastpoll.load(relaxed); }

}  // namespace burrow::rt
