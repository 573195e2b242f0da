// bench/scaling/standin/burrow/detail/asym.h - the asymmetric fence: free, and
// membarrier(2).
#pragma once

namespace burrow::detail {

inline void asymmetric_light() noexcept {}
void asymmetric_heavy() noexcept;  // lock_futex.cc

}  // namespace burrow::detail
