// burrow/detail/waitq.h - queues of goroutines that wait for an object.
//
// A sudog ("pseudo-g", Go's word) stands for one goroutine in one wait queue. It
// lives on the stack of the waiting function, which does not move while its
// goroutine is parked, so waiting allocates nothing. Everything here is guarded
// by the spinlock of the object that owns the queue.
//
// Protocol
//   1 waiter:  lock; q.enqueue(&s); gopark(&lock, why)   - unlocks once parked
//   2 waker:   lock; s = q.dequeue(); ...; unlock; goready(s->gp)
//   3 an object that dies with waiters in its queue detaches them (detach_all):
//     they stay parked for ever, and nobody touches the dead object again.
//   4 at the end of a run, goroutines that never run again are taken out of the
//     queues of objects which outlive the run: that is what sudog::q and
//     sudog::lock are for, and why gopark's caller lists its sudogs in the g.
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/detail/spinlock.h"

namespace burrow::rt {
struct g;
}

namespace burrow::detail {

struct waitq;

// selectstate is shared by the sudogs of one select: the first waker wins.
struct selectstate {
  std::atomic<std::uint32_t> done{0};  // 1: a waker has claimed this select
};

struct sudog {
  rt::g* gp = nullptr;
  sudog* next = nullptr;
  sudog* prev = nullptr;
  sudog* waitlink = nullptr;  // the next sudog of the same g
  // The queue it is on; null: on none. Written under `lock`; atomic, for the end
  // of a run looks without it first.
  std::atomic<waitq*> q{nullptr};
  spinlock* lock = nullptr;  // guards q; set by the waiter
  void* elem = nullptr;  // channels: the value's place; netpoll: fetchserver
  selectstate* sel = nullptr;  // part of a select: its state
  std::uint64_t ticket = 0;  // the object's own use; channels: it is a timer's
  bool success = false;      // woken by a value, not by a close
};

// claim reports whether the caller may wake s. For a sudog of a select only
// the first of all its cases' wakers may.
inline bool claim(sudog* s) noexcept {
  // acq_rel: the claim orders the winner's writes into s->elem after the
  // select's set-up, which the winner also reads through the queue's lock.
  return s->sel == nullptr ||
         s->sel->done.exchange(1, std::memory_order_acq_rel) == 0;
}

// waitq is a doubly linked FIFO of sudogs.
struct waitq {
  sudog* first = nullptr;
  sudog* last = nullptr;

  bool empty() const noexcept { return first == nullptr; }

  void enqueue(sudog* s) noexcept {
    s->q.store(this, std::memory_order_relaxed);
    s->next = nullptr;
    s->prev = last;
    (last != nullptr ? last->next : first) = s;
    last = s;
  }

  void enqueue_front(sudog* s) noexcept {
    s->q.store(this, std::memory_order_relaxed);
    s->prev = nullptr;
    s->next = first;
    (first != nullptr ? first->prev : last) = s;
    first = s;
  }

  // remove takes s out if it is on this queue, and says whether it was.
  bool remove(sudog* s) noexcept {
    if (s->q.load(std::memory_order_relaxed) != this) return false;
    (s->prev != nullptr ? s->prev->next : first) = s->next;
    (s->next != nullptr ? s->next->prev : last) = s->prev;
    s->next = s->prev = nullptr;
    s->q.store(nullptr, std::memory_order_relaxed);
    return true;
  }

  // pop takes the oldest, or null. It does not claim.
  sudog* pop() noexcept {
    sudog* s = first;
    if (s == nullptr) return nullptr;
    remove(s);
    if (first != nullptr) fetchahead();
    return s;
  }

  // dequeue takes the oldest that the caller may wake, or null. Sudogs of
  // selects that somebody else has won are dropped on the way.
  sudog* dequeue() noexcept {
    for (;;) {
      sudog* s = pop();
      if (s == nullptr || claim(s)) return s;
    }
  }

  // fetchahead brings what the next two pops touch into the cache: each sudog is on a
  // stack that has been out of use for long, if many wait.
  void fetchahead() const noexcept {
    __builtin_prefetch(first->gp);
    const auto* then = reinterpret_cast<const char*>(first->next);
    if (then == nullptr) return;
    __builtin_prefetch(then);
    __builtin_prefetch(then + 64);
  }

  // detach_all forgets every waiter; for destructors. A detached sudog has no
  // lock any more: that tells it from one whose waker is on its way.
  void detach_all() noexcept {
    while (sudog* s = pop()) s->lock = nullptr;
  }
};

}  // namespace burrow::detail
