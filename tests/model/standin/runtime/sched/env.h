// tests/model/standin/runtime/sched/env.h - the model is of the fence, not of
// the signal that can take its place.
#pragma once

namespace burrow::rt {

struct debugvars {
  struct {
    template <typename Order>
    bool load(Order) const noexcept {
      return false;
    }
  } sigretake;
};
inline constexpr debugvars debugvar;

}  // namespace burrow::rt
