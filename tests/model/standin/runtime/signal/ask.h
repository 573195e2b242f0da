// tests/model/standin/runtime/signal/ask.h - never called in the model.
#pragma once

#include <cstdint>

#include "tests/model/model.h"

namespace burrow::rt {

struct m;

inline bool askseize(m*, std::uint32_t) noexcept {
  model::fail("the signal is not modelled");
}

}  // namespace burrow::rt
