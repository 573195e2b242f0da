// runtime/time/heap.cc - the 4-ary heap of a struct timers.
//
// Four children instead of two halve the levels, and so the cache misses, of a
// pop: the children of i, 4i+1 .. 4i+4, lie in one line, as the array begins
// one entry before a line ends. A pop sends the hole at the root down to a leaf
// and lets the last entry rise from there. It came from the bottom, so it
// rarely rises far: that saves a comparison with it at every level.
//
// Rejected: a timing wheel. It pops in O(1) but rounds deadlines to its slots,
// or sorts each slot, and an idle process has to find the next non-empty one.

#include "runtime/time/heap.h"

#include <cstdlib>
#include <cstring>

#include "runtime/sched/park.h"

namespace burrow::rt {
namespace {

constexpr std::uint32_t kArity = 4;
constexpr std::size_t kLine = 64;
constexpr std::size_t kPad = kArity - 1;  // entries before the root
// On 386 an entry has 12 bytes, and its children may lie in two lines.
static_assert(sizeof(timerentry) * kArity == kLine || sizeof(void*) == 4);

void put(timers& ts, std::uint32_t i, timerentry e) noexcept {
  ts.heap[i] = e;
  if (!issleeper(e)) timerof(e)->index = i;
}

// rise puts e into the hole i, or further up.
void rise(timers& ts, std::uint32_t i, timerentry e) noexcept {
  while (i > 0) {
    const std::uint32_t parent = (i - 1) / kArity;
    if (ts.heap[parent].when <= e.when) break;
    put(ts, i, ts.heap[parent]);
    i = parent;
  }
  put(ts, i, e);
}

// minchild returns the earliest of the children c .. c+3, as far as they exist.
std::uint32_t minchild(const timers& ts, std::uint32_t c) noexcept {
  const timerentry* h = ts.heap;
  if (c + kArity <= ts.len) {  // no branch on the data: it is unpredictable
    const std::uint32_t a = h[c + 1].when < h[c].when ? c + 1 : c;
    const std::uint32_t b = h[c + 3].when < h[c + 2].when ? c + 3 : c + 2;
    return h[b].when < h[a].when ? b : a;
  }
  std::uint32_t best = c;
  for (std::uint32_t i = c + 1; i < ts.len; ++i)
    if (h[i].when < h[best].when) best = i;
  return best;
}

// fall puts e into the hole i, or further down.
void fall(timers& ts, std::uint32_t i, timerentry e) noexcept {
  for (;;) {
    const std::uint32_t c = i * kArity + 1;
    if (c >= ts.len) break;
    const std::uint32_t best = minchild(ts, c);
    if (ts.heap[best].when >= e.when) break;
    put(ts, i, ts.heap[best]);
    i = best;
  }
  put(ts, i, e);
}

// sink moves the hole i down to a leaf and returns the leaf.
std::uint32_t sink(timers& ts, std::uint32_t i) noexcept {
  for (;;) {
    const std::uint32_t c = i * kArity + 1;
    if (c >= ts.len) return i;
    // The next level's four lines: fetch them while we find out which.
    const std::uint32_t next = c * kArity + 1;
    if (next < ts.len) {
      __builtin_prefetch(&ts.heap[next]);
      __builtin_prefetch(&ts.heap[next + kArity]);
      __builtin_prefetch(&ts.heap[next + 2 * kArity]);
      __builtin_prefetch(&ts.heap[next + 3 * kArity]);
    }
    const std::uint32_t best = minchild(ts, c);
    put(ts, i, ts.heap[best]);
    i = best;
  }
}

}  // namespace

void heappush(timers& ts, timerentry e) noexcept {
  rise(ts, ts.len++, e);
  setmin(ts);
}

void heapremove(timers& ts, std::uint32_t i) noexcept {
  const timerentry last = ts.heap[--ts.len];
  if (i != ts.len) rise(ts, sink(ts, i), last);
  setmin(ts);
}

void heapify(timers& ts) noexcept {
  for (std::uint32_t i = ts.len; i-- > 0;) fall(ts, i, ts.heap[i]);
  setmin(ts);
}

void heapgrow(timers& ts, std::uint32_t n) noexcept {
  std::uint32_t cap = ts.cap == 0 ? 64 : ts.cap;
  while (cap < n) cap *= 2;
  if (cap == ts.cap) return;
  // cap is a multiple of 4, so this is one of the alignment, as it has to be.
  void* block = std::aligned_alloc(kLine, (cap + kArity) * sizeof(timerentry));
  if (block == nullptr) rtthrow("heapgrow: out of memory");
  timerentry* heap = static_cast<timerentry*>(block) + kPad;
  if (ts.len != 0) std::memcpy(heap, ts.heap, ts.len * sizeof(timerentry));
  freeheap(ts.heap);
  ts.heap = heap;
  ts.cap = cap;
}

void freeheap(timerentry* heap) noexcept {
  if (heap != nullptr) std::free(heap - kPad);
}

}  // namespace burrow::rt
