// tests/model/standin_spin/runtime/signal/signal.h - without signals.
#pragma once

namespace burrow::rt {

struct m;
inline void remask(m*) noexcept {}

}  // namespace burrow::rt
