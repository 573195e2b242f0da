// tests/model/standin/burrow/detail/asym.h - the asymmetric fence, modelled.
#pragma once

#include "tests/model/model.h"

namespace burrow::detail {

inline void asymmetric_light() noexcept {}
inline void asymmetric_heavy() noexcept { model::heavy(); }

}  // namespace burrow::detail
