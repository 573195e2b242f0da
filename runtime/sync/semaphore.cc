// runtime/sync/semaphore.cc - the weighted semaphore.
//
// A waiter's sudog carries its number of units in `ticket`. One that waits for
// a context too is a select between this queue and the receive queue of
// ctx.done(): two sudogs that share a selstate; the waker that claims it wins,
// and the goroutine takes the other sudog off its queue itself. It holds both
// locks while it queues, this one's first; wakers hold one only.
//
// Rejected: a channel for each waiter, as x/sync has it, and select over that
// and ctx.done(): an allocation for each wait.
#include "burrow/detail/semaphore.h"

#include "burrow/context.h"
#include "burrow/error.h"
#include "runtime/chan/chan.h"
#include "runtime/sync/wake.h"

namespace burrow {

namespace {

using detail::sudog;
using rt::hchan;

void check(std::int64_t n) {
  if (n < 0) throw panic_error("semaphore: negative number of units");
}

// race is a wait for units or for the end of a context.
struct race {
  detail::spinlock* units_lock;
  hchan* done;
  rt::selstate sel;
  sudog units;
  sudog end;

  bool ended() const noexcept { return sel.winner == &end; }
};

void unlockboth(void* arg) {
  const auto* r = static_cast<race*>(arg);
  hchan* done = r->done;  // after the first unlock, r may be gone
  r->units_lock->unlock();
  done->lock.unlock();
}

// leavedone takes r.end off the channel's queue, and says whether the channel
// is closed.
bool leavedone(race& r) noexcept {
  r.done->lock.lock();
  if (!r.done->recvq.remove(&r.end)) {
    --r.done->visits;  // dropped by a waker that lost: counted there
  } else if (r.done->recvq.empty()) {
    rt::clearflag(r.done, detail::kRecvWaiting);
  }
  const bool closed = r.done->is(detail::kClosed);
  r.done->lock.unlock();
  return closed;
}

}  // namespace

semaphore::~semaphore() {
  lock_.lock();
  // Claimed, a waiter is not woken by its context either, to find us gone.
  while (sudog* s = q_.dequeue()) s->lock = nullptr;
  lock_.unlock();
}

// take takes n units if they are free and nobody waits. lock_ held.
bool semaphore::take(std::int64_t n) noexcept {
  if (size_ - held_ < n || !q_.empty()) return false;
  held_ += n;
  return true;
}

// grant serves the queue as far as the free units go.
//
// Context  lock_ held.
// Returns  the sudogs to be made ready, linked by next.
sudog* semaphore::grant() noexcept {
  sudog* all = nullptr;
  sudog** tail = &all;
  while (sudog* s = q_.first) {
    const auto n = static_cast<std::int64_t>(s->ticket);
    if (size_ - held_ < n) break;
    q_.pop();
    if (!detail::claim(s)) continue;  // its context is done
    if (s->sel != nullptr) static_cast<rt::selstate*>(s->sel)->winner = s;
    held_ += n;
    *tail = s;
    tail = &s->next;
  }
  return all;
}

void semaphore::acquire(std::int64_t n) {
  check(n);
  lock_.lock();
  if (take(n)) {
    lock_.unlock();
    return;
  }
  if (n > size_) {
    lock_.unlock();
    rt::parkforever(rt::waitreason::semaphore);
  }
  sudog s;
  s.ticket = static_cast<std::uint64_t>(n);
  rt::waiton(lock_, q_, s, rt::waitreason::semaphore);
}

std::error_code semaphore::acquire(std::int64_t n, const context& ctx) {
  check(n);
  const recv_chan<unit> done = ctx.done();
  hchan* c = detail::chan_access::get(done);
  if (c == nullptr) {
    acquire(n);
    return {};
  }
  if (n > size_) {
    done.recv();
    return ctx.err();
  }
  lock_.lock();
  c->lock.lock();
  const bool closed = c->is(detail::kClosed);
  if (closed || take(n)) {
    c->lock.unlock();
    lock_.unlock();
    return closed ? ctx.err() : std::error_code();
  }
  race r{};
  r.units_lock = &lock_;
  r.done = c;
  r.units.gp = r.end.gp = rt::getg();
  r.units.sel = r.end.sel = &r.sel;
  r.units.lock = &lock_;
  r.units.ticket = static_cast<std::uint64_t>(n);
  r.units.waitlink = &r.end;
  r.end.lock = &c->lock;
  q_.enqueue(&r.units);
  c->recvq.enqueue(&r.end);
  rt::setflag(c, detail::kRecvWaiting);
  rt::gopark(unlockboth, &r, &r.units, rt::waitreason::semaphore);

  if (!r.ended()) {
    if (!leavedone(r)) return {};
    release(n);  // done by the time that we have them counts as done before
    return ctx.err();
  }
  lock_.lock();
  q_.remove(&r.units);
  sudog* ready = grant();  // we may have stood in the way of smaller ones
  lock_.unlock();
  rt::readyall(ready);
  return ctx.err();
}

bool semaphore::try_acquire(std::int64_t n) {
  check(n);
  lock_.lock();
  const bool got = take(n);
  lock_.unlock();
  return got;
}

void semaphore::release(std::int64_t n) {
  check(n);
  lock_.lock();
  if (n > held_) {
    lock_.unlock();
    throw panic_error("semaphore: released more than held");
  }
  held_ -= n;
  sudog* ready = grant();
  lock_.unlock();
  rt::readyall(ready);
}

}  // namespace burrow
