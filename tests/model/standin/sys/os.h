// tests/model/standin/sys/os.h - what claim.cc asks of the system, modelled.
#pragma once

#include <cstdint>

#include "tests/model/model.h"

namespace burrow::sys {

inline void procyield(std::uint32_t) noexcept { model::spin(); }
inline void osyield() noexcept {}

enum class barrierkind { expedited, global };
inline barrierkind membarrier_kind() noexcept { return barrierkind::expedited; }

}  // namespace burrow::sys
