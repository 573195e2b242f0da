// runtime/chan/chan.cc - channels: what waits, wakes, makes and ends.
//
// Protocol
//   1 every operation takes the channel's lock once. What an element's move
//     does to somebody's stack is done after the unlock: a sudog that was
//     dequeued and claimed is its waker's alone until goready.
//   2 wake: dequeue (claims); unlock; move the value; success; goready. Nothing
//     of the sudog is read after goready: its goroutine may be running, and its
//     frame gone.
//   3 wait: enqueue; set the flag; gopark, which unlocks. Nothing of the
//     channel is read after gopark: it may be gone.
#include "runtime/chan/chan.h"

#include <cstring>
#include <new>
#include <stdexcept>

#include "burrow/error.h"
#include "burrow/preempt.h"
#include "runtime/sched/foresee.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

using detail::elemops;
using detail::kClosed;
using detail::kRecvWaiting;
using detail::kSendWaiting;
using detail::kTimer;

namespace {

void moveelem(const elemops* ops, void* dst, void* src) noexcept {
  if (ops->move != nullptr) {
    const no_preempt here;
    return ops->move(dst, src);
  }
  // The common sizes by one or two registers, not by a call.
  switch (ops->size) {
    case 1:
      std::memcpy(dst, src, 1);
      return;
    case 4:
      std::memcpy(dst, src, 4);
      return;
    case 8:
      std::memcpy(dst, src, 8);
      return;
    case 16:
      std::memcpy(dst, src, 16);
      return;
    default:
      std::memcpy(dst, src, ops->size);
  }
}

void destroyelem(const elemops* ops, void* elem) noexcept {
  if (ops->destroy == nullptr) return;
  const no_preempt here;
  ops->destroy(elem);
}

void* bufat(hchan* c, std::size_t i) noexcept {
  return reinterpret_cast<std::byte*>(c) + detail::bufoffset(c->ops->align) +
         i * c->ops->size;
}

std::size_t next(const hchan* c, std::size_t i) noexcept {
  return i + 1 == c->cap ? 0 : i + 1;
}

void addcount(hchan* c, std::size_t d) noexcept {
  c->count.store(c->count.load(std::memory_order_relaxed) + d,
                 std::memory_order_relaxed);
}

// bufpush moves *elem to the tail.
void bufpush(hchan* c, void* elem) noexcept {
  moveelem(c->ops, bufat(c, c->sendx), elem);
  c->sendx = next(c, c->sendx);
  addcount(c, 1);
}

// bufpop moves the head into the storage `slot`; null drops it.
void bufpop(hchan* c, void* slot) noexcept {
  void* head = bufat(c, c->recvx);
  if (slot != nullptr) moveelem(c->ops, slot, head);
  destroyelem(c->ops, head);
  c->recvx = next(c, c->recvx);
  addcount(c, static_cast<std::size_t>(-1));
}

// dequeue takes the oldest waiter that may be woken, or null.
//
// Context  c->lock held.
sudog* dequeue(hchan* c, waitq* q, std::uint8_t flag) noexcept {
  sudog* s;
  while ((s = q->pop()) != nullptr && !detail::claim(s)) {
    ++c->visits;  // the select that s belongs to was won elsewhere
    s->lock = nullptr;
  }
  if (s != nullptr && s->sel != nullptr) {
    static_cast<selstate*>(s->sel)->winner = s;
  }
  if (q->empty()) clearflag(c, flag);
  return s;
}

// endwait is what comes before s's g is made ready. s is not to be touched after that.
g* endwait(sudog* s, bool success) noexcept {
  s->success = success;
  s->lock = nullptr;  // the end of a run must not look there: c may be gone
  return s->gp;
}

// wake ends the wait of s, with success. One who sends or receives for ever, and finds
// somebody waiting each time, comes by nowhere else: without a p it waits here for one,
// if it yields.
//
// Context  no lock held.
void wake(sudog* s, bool yields) noexcept {
  g* gp = endwait(s, true);
  yields ? goreadyyield(gp) : goready(gp);
}

// park queues the caller for c, to send or to receive, and blocks it. from: where it is
// going to return to, past foresee.
//
// Not inlined: a goroutine that waits keeps this frame alone, not chanrecv's.
//
// Context  g; c->lock held, released.
// Returns  false if it was a close that ended the wait.
[[gnu::noinline]] burrow_waited park(const void*, void* chan, void* elem,
                                     std::size_t send,
                                     const void* from) noexcept {
  auto* c = static_cast<hchan*>(chan);
  sudog s;
  s.gp = getg();
  s.elem = elem;
  s.lock = &c->lock;
  s.ticket = c->is(kTimer);
  (send != 0 ? c->sendq : c->recvq).enqueue(&s);
  setflag(c, send != 0 ? kSendWaiting : kRecvWaiting);
  const bool foreseen = gopark(
      &c->lock, &s,
      send != 0 ? waitreason::chan_send : waitreason::chan_receive, from);
  return waited(s.success ? 1 : 0, false, foreseen);
}

// dequeueall appends all waiters of q to the list at *tail, by next.
sudog** dequeueall(hchan* c, waitq* q, std::uint8_t flag,
                   sudog** tail) noexcept {
  while (sudog* s = dequeue(c, q, flag)) {
    *tail = s;
    tail = &s->next;
  }
  return tail;
}

// detachplain forgets the waiters of q that are no select's: they wait for
// ever. A select may yet be woken by another channel, and removes itself then.
void detachplain(waitq* q) noexcept {
  for (sudog* s = q->first; s != nullptr;) {
    sudog* after = s->next;
    if (s->sel == nullptr) {
      q->remove(s);
      s->lock = nullptr;  // as waitq::detach_all: no waker is on its way
    }
    s = after;
  }
}

}  // namespace

chanop sendnow(hchan* c, void* elem, bool yields) noexcept {
  if (c->is(kClosed)) {
    c->lock.unlock();
    return chanop::closed;
  }
  if (sudog* s = dequeue(c, &c->recvq, kRecvWaiting)) {
    const elemops* ops = c->ops;
    c->lock.unlock();
    moveelem(ops, s->elem, elem);
    wake(s, yields);
    return chanop::ok;
  }
  if (c->count.load(std::memory_order_relaxed) == c->cap) {
    return chanop::wouldblock;
  }
  bufpush(c, elem);
  c->lock.unlock();
  return chanop::ok;
}

chanop recvnow(hchan* c, void* slot, bool yields) noexcept {
  if (sudog* s = dequeue(c, &c->sendq, kSendWaiting)) {
    const elemops* ops = c->ops;
    if (c->cap == 0) {
      c->lock.unlock();
      moveelem(ops, slot, s->elem);
    } else {  // full, as he waits: his value takes the place of the head
      bufpop(c, slot);
      bufpush(c, s->elem);
      c->lock.unlock();
    }
    wake(s, yields);
    return chanop::ok;
  }
  if (c->count.load(std::memory_order_relaxed) != 0) {
    bufpop(c, slot);
    c->lock.unlock();
    return chanop::ok;
  }
  if (!c->is(kClosed)) return chanop::wouldblock;
  c->lock.unlock();
  return chanop::closed;
}

void freechan(hchan* c) noexcept {
  void* block = c->block;
  c->~hchan();
  ::operator delete(block);
}

void chan_mark_timer(hchan* c) noexcept { setflag(c, kTimer); }

bool chan_drain(hchan* c) noexcept {
  c->lock.lock();
  const bool full = c->count.load(std::memory_order_relaxed) != 0;
  if (full) bufpop(c, nullptr);
  c->lock.unlock();
  return full;
}

bool chan_post(hchan* c, void* elem) noexcept {
  c->lock.lock();
  return detail::trychansend(c, elem) == chanop::ok;
}

}  // namespace burrow::rt

namespace burrow::detail {

hchan* makechan(const elemops& ops, std::size_t cap) {
  constexpr std::size_t kMaxBytes = std::size_t{1}
                                    << (sizeof(std::size_t) == 8 ? 47 : 30);
  if (cap > kMaxBytes / ops.size) {
    throw std::length_error("make_chan: capacity out of range");
  }
  // Aligned by hand: the aligned operator new has no fast path in glibc.
  constexpr std::size_t kGiven = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  const std::size_t align = ops.align > kCacheLine ? ops.align : kCacheLine;
  const std::size_t slack = align - kGiven;
  void* block = ::operator new(bufoffset(ops.align) + cap * ops.size + slack);
  const auto at = (reinterpret_cast<std::uintptr_t>(block) + align - 1) &
                  ~(std::uintptr_t{align} - 1);
  auto* c = ::new (reinterpret_cast<void*>(at)) hchan;
  c->block = block;
  c->cap = cap;
  c->ops = &ops;
  return c;
}

void destroychan(hchan* c) noexcept {
  // No handle, so nobody sends or receives: the buffer is ours without the
  // lock.
  while (c->count.load(std::memory_order_relaxed) != 0) rt::bufpop(c, nullptr);
  // The lock is taken for those who are parked here all the same: the one whose
  // stack has just been left may still be about to unlock.
  c->lock.lock();
  rt::detachplain(&c->recvq);
  rt::detachplain(&c->sendq);
  c->dead = c->visits != 0 || !c->recvq.empty() || !c->sendq.empty();
  const bool dead = c->dead;
  c->lock.unlock();
  if (!dead) rt::freechan(c);
}

// Flattened, down to goready: a rendezvous is a dozen small functions.
[[gnu::flatten]] bool chansend(hchan* c, void* elem) noexcept {
  const chanop r = rt::sendnow(c, elem, true);
  if (r != chanop::wouldblock) return r == chanop::ok;
  return rt::foresee<bool>(nullptr, c, elem, 1, rt::park);
}

[[gnu::flatten]] bool chanrecv(hchan* c, void* slot) noexcept {
  const chanop r = rt::recvnow(c, slot, true);
  if (r != chanop::wouldblock) return r == chanop::ok;
  return rt::foresee<bool>(nullptr, c, slot, 0, rt::park);
}

chanop trychansend(hchan* c, void* elem) noexcept {
  const chanop r = rt::sendnow(c, elem);
  if (r == chanop::wouldblock) c->lock.unlock();
  return r;
}

chanop trychanrecv(hchan* c, void* slot) noexcept {
  const chanop r = rt::recvnow(c, slot);
  if (r == chanop::wouldblock) c->lock.unlock();
  return r;
}

bool locksend(hchan* c, void* elem) noexcept {
  c->lock.lock();
  return chansend(c, elem);
}

bool lockrecv(hchan* c, void* slot) noexcept {
  c->lock.lock();
  return chanrecv(c, slot);
}

chanop locktrysend(hchan* c, void* elem) noexcept {
  c->lock.lock();
  return trychansend(c, elem);
}

chanop locktryrecv(hchan* c, void* slot) noexcept {
  c->lock.lock();
  return trychanrecv(c, slot);
}

void closechan(hchan* c) {
  if (c == nullptr) throw panic_error("close of nil channel");
  c->lock.lock();
  if (c->is(kClosed)) {
    c->lock.unlock();
    throw panic_error("close of closed channel");
  }
  rt::setflag(c, kClosed);
  sudog* all = nullptr;
  sudog** tail = rt::dequeueall(c, &c->recvq, kRecvWaiting, &all);
  tail = rt::dequeueall(c, &c->sendq, kSendWaiting, tail);
  *tail = nullptr;
  c->lock.unlock();
  while (all != nullptr) {
    sudog* s = all;
    all = s->next;  // before it runs
    rt::goready(rt::endwait(s, false));
  }
}

void blocknilsend() noexcept { rt::parkforever(rt::waitreason::chan_send_nil); }

void blocknilrecv() noexcept {
  rt::parkforever(rt::waitreason::chan_receive_nil);
}

void throwsendclosed() { throw panic_error("send on closed channel"); }

}  // namespace burrow::detail
