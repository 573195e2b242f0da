// runtime/sync/pool.cc - shelves of objects, one for each processor.
//
// A shelf is a stack under a lock of its own, which its p takes nearly alone: a
// goroutine may be moved between the look at its p and the lock, and then merely uses
// another's shelf. Whoever finds his own empty looks at the others', as Go's does: one
// goroutine may get all that another gives back.
//
// There are as many shelves as the thread that makes the pool may use processors,
// rounded up to a power of two, kMostShelves at most; more ps share them.
//
// Rejected: to pin the goroutine to its p, and no lock: an entry into the runtime
// costs what an uncontended lock does. A lock-free stack: it is the same locked
// instruction, and objects would have to hold a link.
#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <new>

#include "burrow/detail/pool_slots.h"
#include "burrow/detail/spinlock.h"
#include "runtime/sched/entry.h"
#include "sys/os.h"

namespace burrow::detail {

namespace {

constexpr std::size_t kMostShelves = 64;

std::size_t shelvesof(int processors) noexcept {
  return std::bit_ceil(std::clamp(static_cast<std::size_t>(processors),
                                  std::size_t{1}, kMostShelves));
}

// Of all shelves.
std::size_t slotsof(std::size_t shelves, std::size_t keep) {
  if (keep > std::numeric_limits<std::size_t>::max() / shelves)
    throw std::bad_alloc();
  return shelves * keep;
}

}  // namespace

struct alignas(rt::kCacheLine) pool_slots::shelf {
  spinlock lock;
  std::atomic<std::size_t> n{0};  // written under lock
  void** room = nullptr;          // of keep_; immutable

  void* pop() noexcept {
    // relaxed: a guess, which the lock makes sure of.
    if (n.load(std::memory_order_relaxed) == 0) return nullptr;
    const std::lock_guard hold(lock);
    const std::size_t left = n.load(std::memory_order_relaxed);
    if (left == 0) return nullptr;
    n.store(left - 1, std::memory_order_relaxed);
    return room[left - 1];
  }

  bool push(void* object, std::size_t keep) noexcept {
    const std::lock_guard hold(lock);
    const std::size_t at = n.load(std::memory_order_relaxed);
    if (at == keep) return false;
    room[at] = object;
    n.store(at + 1, std::memory_order_relaxed);
    return true;
  }
};

pool_slots::pool_slots(std::size_t keep, void (*destroy)(void*) noexcept)
    : keep_(keep),
      destroy_(destroy),
      mask_(shelvesof(sys::ncpu()) - 1),
      shelves_(std::make_unique<shelf[]>(mask_ + 1)),
      room_(std::make_unique_for_overwrite<void*[]>(slotsof(mask_ + 1, keep))) {
  for (std::size_t i = 0; i <= mask_; ++i)
    shelves_[i].room = room_.get() + i * keep;
}

pool_slots::~pool_slots() {
  for (std::size_t i = 0; i <= mask_; ++i)
    while (void* object = shelves_[i].pop()) destroy_(object);
}

// A thread without a p uses the first.
pool_slots::shelf& pool_slots::mine() noexcept {
  const rt::m* mp = rt::getm();
  const rt::p* pp = mp != nullptr ? rt::getp(mp) : nullptr;
  const auto id = pp != nullptr ? static_cast<std::size_t>(pp->id) : 0;
  return shelves_[id & mask_];
}

void* pool_slots::get() noexcept {
  shelf& own = mine();
  if (void* object = own.pop()) return object;
  const auto first = static_cast<std::size_t>(&own - shelves_.get());
  for (std::size_t i = 1; i <= mask_; ++i)
    if (void* object = shelves_[(first + i) & mask_].pop()) return object;
  return nullptr;
}

void pool_slots::put(void* object) noexcept {
  if (!mine().push(object, keep_)) destroy_(object);
}

}  // namespace burrow::detail
