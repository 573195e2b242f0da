// tests/model/standin_spin/runtime/sched/park.h - parking: there is none.
#pragma once

namespace burrow::rt {

inline void goyield() noexcept {}

}  // namespace burrow::rt
