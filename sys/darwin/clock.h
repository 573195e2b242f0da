// sys/darwin/clock.h - naps whose end is told.
#pragma once

#include <cstdint>

namespace burrow::sys {

// nap sleeps for us microseconds. Returns  0, or -EINTR: a signal has ended it.
std::int64_t nap(std::uint32_t us) noexcept;

}  // namespace burrow::sys
