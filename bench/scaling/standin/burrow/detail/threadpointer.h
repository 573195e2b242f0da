// bench/scaling/standin/burrow/detail/threadpointer.h - a number for each simulated
// thread, as far from the next as real ones are.
#pragma once

#include <cstdint>

#include "bench/scaling/engine.h"

namespace burrow::detail {

inline void* threadpointer() noexcept {
  const auto n = static_cast<std::uintptr_t>(sim::self()) + 16;
  return reinterpret_cast<void*>(n << 12);
}

}  // namespace burrow::detail
