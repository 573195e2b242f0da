// runtime/sync/wake.h - waiting and waking, as all sync objects do it.
//
// A waker takes its sudogs off the queue under the object's lock, and makes
// them ready after it has released it. Between the two they belong to it alone;
// after goready neither the sudog nor, in general, the object may be touched.
#pragma once

#include "runtime/sched/park.h"

namespace burrow::rt {

// waiton queues the caller at the tail of q and blocks it. s.ticket and the
// like have been set by the caller.
//
// Context  g or foreign thread; lock held, released.
inline void waiton(spinlock& lock, waitq& q, sudog& s,
                   waitreason why) noexcept {
  s.gp = getg();
  s.lock = &lock;
  q.enqueue(&s);
  gopark(&lock, &s, why);
}

// popall takes every sudog off q; they are linked by next.
//
// Context  the lock of q held.
inline sudog* popall(waitq& q) noexcept {
  sudog* all = nullptr;
  sudog** tail = &all;
  while (sudog* s = q.pop()) {
    *tail = s;
    tail = &s->next;
  }
  return all;
}

// readyall makes the goroutines of a popall ready.
//
// Context  any, no lock held.
inline void readyall(sudog* s) noexcept {
  while (s != nullptr) {
    sudog* after = s->next;  // before it runs, and s is gone
    goready(s->gp);
    s = after;
  }
}

// detachall forgets the waiters of q, whose object ends.
inline void detachall(spinlock& lock, waitq& q) noexcept {
  lock.lock();  // also waits for a waker that has still to unlock
  q.detach_all();
  lock.unlock();
}

}  // namespace burrow::rt
