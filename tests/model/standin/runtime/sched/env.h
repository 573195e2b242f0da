// tests/model/standin/runtime/sched/env.h - the fence, or the signal that can take
// its place (-DMODEL_SIGNAL).
#pragma once

namespace burrow::rt {

struct debugvars {
  struct {
    template <typename Order>
    bool load(Order) const noexcept {
#if defined(MODEL_SIGNAL)
      return true;
#else
      return false;
#endif
    }
  } sigretake;
};
inline constexpr debugvars debugvar;

}  // namespace burrow::rt
