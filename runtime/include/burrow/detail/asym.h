// burrow/detail/asym.h - the asymmetric fence [ASYM].
//
// Two threads that each store one word and then load the other's must both pass
// a full fence, or both can miss the other's store. Where one side is hot and
// the other rare, the hot side pays a compiler barrier only (light), and the
// rare side makes the kernel interrupt every processor that runs a thread of
// this process (heavy, membarrier(2)). After heavy() returns, every light() of
// another thread happened entirely before it or will happen entirely after it.
#pragma once

#include <atomic>

namespace burrow::detail {

inline void asymmetric_light() noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

// Context  any thread; 4 to 16 us; does not block.
void asymmetric_heavy() noexcept;

}  // namespace burrow::detail
