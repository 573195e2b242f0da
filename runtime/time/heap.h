// runtime/time/heap.h - the 4-ary heap of a struct timers.
//
// All of it is called with the heap's lock held, but for freeheap.
#pragma once

#include "runtime/time/timers.h"

namespace burrow::rt {

using timerentry = timers::entry;

inline constexpr std::uintptr_t kSleeper = 1;  // the tag of a g in entry::what

inline bool issleeper(const timerentry& e) noexcept {
  return (e.what & kSleeper) != 0;
}
inline g* sleeperof(const timerentry& e) noexcept {
  return reinterpret_cast<g*>(e.what & ~kSleeper);
}
inline timer* timerof(const timerentry& e) noexcept {
  return reinterpret_cast<timer*>(e.what);
}

// heappush adds e. There must be room.
void heappush(timers& ts, timerentry e) noexcept;

// heapremove takes out the entry at index i.
void heapremove(timers& ts, std::uint32_t i) noexcept;

// heapify makes a heap of heap[0] .. heap[len-1] in any order.
void heapify(timers& ts) noexcept;

// heapgrow makes room for at least n entries. Out of memory ends the process:
// half of the callers are in the scheduler.
void heapgrow(timers& ts, std::uint32_t n) noexcept;

// freeheap frees what heapgrow allocated; null is fine.
void freeheap(timerentry* heap) noexcept;

// setmin publishes the earliest deadline after a change.
inline void setmin(timers& ts) noexcept {
  ts.min.store(ts.len == 0 ? 0 : ts.heap[0].when, std::memory_order_relaxed);
}

}  // namespace burrow::rt
