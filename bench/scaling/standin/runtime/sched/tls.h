// bench/scaling/standin/runtime/sched/tls.h - the m of a simulated thread.
#pragma once

#include "bench/scaling/engine.h"

namespace burrow::rt {

struct m;
inline m* getm() noexcept { return static_cast<m*>(sim::self_data()); }
inline void setm(m* mp) noexcept { sim::set_self_data(mp); }

}  // namespace burrow::rt
