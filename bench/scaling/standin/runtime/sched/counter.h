// bench/scaling/standin/runtime/sched/counter.h - the runtime's own, by accesses that
// cost what they would.
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::rt {

struct counter {
  std::atomic<std::uint64_t> n{0};
  void add(std::uint64_t by = 1) noexcept {
    n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
};

}  // namespace burrow::rt
