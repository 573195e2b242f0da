// runtime/sched/counter.h - a number that one thread at a time counts, and any reads.
//
// Rejected: fetch_add. It is a locked instruction, 7 ns, for a writer that is alone.
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::rt {

// add is called by one thread at a time; n is read by any, as a hint.
struct counter {
  std::atomic<std::uint64_t> n{0};
  void add(std::uint64_t by = 1) noexcept {
#if defined(__x86_64__)
    // What the compiler makes three instructions of.
    asm("addq %1, %0" : "+m"(n) : "er"(by) : "cc");
#else
    n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
#endif
  }
};

}  // namespace burrow::rt
