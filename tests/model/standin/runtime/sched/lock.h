// tests/model/standin/runtime/sched/lock.h - waiting for a lock, modelled.
#pragma once

#include <cstdint>

#include "tests/model/model.h"

namespace burrow::rt {

inline void pace(std::uint32_t) noexcept { model::spin(); }

}  // namespace burrow::rt
