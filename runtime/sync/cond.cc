// runtime/sync/cond.cc - condition variables.
//
// Between the user's unlock and the queue a waiter cannot be on the queue, for
// its unlock may block or throw. So it takes a ticket first, as in Go's
// notifyList.
//
// Protocol
//   1 begin: takes a ticket. It is "coming".
//   2 block: a ticket below notified_ has been notified on its way: return.
//     Else queue, in the order of tickets.
//   3 notify_one: the lowest ticket that waits is at the head of the queue, or
//     it is coming. If it is at the head, pop it; else notified_ steps over it.
//
// Tickets can be missing: the end of a run takes waiters off the queue. With
// nobody coming the head is the lowest, whatever is missing. With somebody
// coming and tickets missing it cannot be known which one is the lowest: then
// everybody is notified, which is allowed (they look and wait again) and loses
// nothing.
#include "burrow/detail/cond.h"

#include "runtime/sync/wake.h"

namespace burrow {

namespace {

using detail::sudog;
using detail::waitq;

std::uint64_t length(const waitq& q) noexcept {
  std::uint64_t n = 0;
  for (const sudog* s = q.first; s != nullptr; s = s->next) ++n;
  return n;
}

// insert queues s in the order of tickets: nearly always at the tail.
void insert(waitq& q, sudog* s) noexcept {
  sudog* before = q.last;
  while (before != nullptr && before->ticket > s->ticket) before = before->prev;
  if (before == q.last) return q.enqueue(s);
  if (before == nullptr) return q.enqueue_front(s);
  s->q.store(&q, std::memory_order_relaxed);
  s->prev = before;
  s->next = before->next;
  s->next->prev = s;
  before->next = s;
}

}  // namespace

cond::~cond() { rt::detachall(lock_, q_); }

std::uint64_t cond::begin() noexcept {
  lock_.lock();
  const std::uint64_t ticket = next_++;
  ++coming_;
  lock_.unlock();
  return ticket;
}

void cond::block(std::uint64_t ticket) noexcept {
  lock_.lock();
  if (ticket < notified_) {
    lock_.unlock();
    return;
  }
  --coming_;
  sudog s;
  s.gp = rt::getg();
  s.lock = &lock_;
  s.ticket = ticket;
  insert(q_, &s);
  rt::gopark(&lock_, &s, rt::waitreason::cond);
}

// cancel ends a wait that never came to block. If it has been notified, the
// notification is for the next.
void cond::cancel(std::uint64_t ticket) noexcept {
  lock_.lock();
  const bool notified = ticket < notified_;
  if (!notified) --coming_;
  lock_.unlock();
  if (notified) notify_one();
}

// popone takes the sudogs that a notify_one has to wake.
//
// Context  lock_ held.
sudog* cond::popone() noexcept {
  sudog* head = q_.first;
  if (coming_ == 0) {
    notified_ = head != nullptr ? head->ticket + 1 : next_;
    return q_.pop();
  }
  if (head != nullptr && head->ticket == notified_) {
    ++notified_;
    return q_.pop();
  }
  if (next_ - notified_ == coming_ + length(q_)) {
    ++notified_;
    --coming_;
    return nullptr;
  }
  notified_ = next_;
  coming_ = 0;
  return rt::popall(q_);
}

void cond::notify_one() noexcept {
  lock_.lock();
  sudog* ready = popone();
  lock_.unlock();
  rt::readyall(ready);
}

void cond::notify_all() noexcept {
  lock_.lock();
  notified_ = next_;
  coming_ = 0;
  sudog* all = rt::popall(q_);
  lock_.unlock();
  rt::readyall(all);
}

}  // namespace burrow
