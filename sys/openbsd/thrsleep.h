// sys/openbsd/thrsleep.h - futexes on kernels that have none (before 6.2).
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::sys {

// As futexsleep and futexwakeup of sys/os.h; thrwakeup returns 0 if it cannot tell
// how many there were.
std::int64_t thrsleepif(std::atomic<std::uint32_t>* addr, std::uint32_t val,
                        std::int64_t ns) noexcept;
std::int64_t thrwakeup(std::atomic<std::uint32_t>* addr,
                       std::uint32_t n) noexcept;

}  // namespace burrow::sys
