// tests/model/standin/sys/os.h - what claim.cc and askseize.cc ask of the system,
// modelled.
#pragma once

#include <cstdint>

#include "tests/model/model.h"

namespace burrow::sys {

inline void procyield(std::uint32_t) noexcept { model::spin(); }
inline void osyield() noexcept {}

enum class barrierkind { expedited, global };
inline barrierkind membarrier_kind() noexcept { return barrierkind::expedited; }

// ask_programs.cc.
std::int64_t tgkill(std::int64_t thread, int sig) noexcept;
std::int64_t nanotime() noexcept;
inline void usleep(std::uint32_t) noexcept { model::nap(); }

}  // namespace burrow::sys
