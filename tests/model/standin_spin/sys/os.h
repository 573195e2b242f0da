// tests/model/standin_spin/sys/os.h - what wake.cc, findrunnable.cc and ready.cc
// ask of the system, modelled.
#pragma once

#include <cstdint>

namespace burrow::sys {

std::int64_t nanotime() noexcept;  // spin_programs.cc
inline void procyield(std::uint32_t) noexcept {}
inline std::uint64_t cputicks() noexcept { return 0; }
inline std::uint64_t ticks16us() noexcept { return 1; }
inline void osyield() noexcept {}
template <typename Word>
void futexwakeup(Word*, std::uint32_t) noexcept {}

}  // namespace burrow::sys
