// tests/model/standin_spin/runtime/netpoll/netpoll.h - no descriptor is watched.
#pragma once

#include "runtime/sched/runtime2.h"
#include "tests/model/model.h"

namespace burrow::rt {

inline bool netpollinuse() noexcept { return false; }
inline std::int64_t netpolltime() noexcept { return 0; }
inline void netpoll(std::int64_t, gqueue&) noexcept { model::fail("a poll"); }
inline void netpollbreak() noexcept { model::fail("a poll"); }

}  // namespace burrow::rt
