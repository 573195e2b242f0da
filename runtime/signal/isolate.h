// runtime/signal/isolate.h - a dangerous task, done by a copy of the process.
#pragma once

#include <cstdint>

namespace burrow::rt {

enum class isolation : std::uint8_t {
  done,    // fn has returned
  failed,  // it has faulted, or got stuck
  none,    // no copy can be made
};

// isolate runs fn(arg) in a child process, a copy of this one with this thread
// alone, and waits for it. It is killed after two seconds in which it does nothing
// (diag/progress.h), not even compute, after ten in which it gets nothing done,
// and with this process. What fn changes in memory is not seen here, but for the
// stage that it says it has reached: 0 if it says nothing.
//
// Context  any, a signal handler above all; not by two threads at once. Blocks. fn
//          runs where locks may be held by threads that are not there.
isolation isolate(void (*fn)(void*) noexcept, void* arg,
                  std::uint32_t& stage) noexcept;

// For fn.
void isolate_reached(std::uint32_t stage) noexcept;

// isolated says whether this is such a child; one that faults ends so.
bool isolated() noexcept;
inline constexpr int kIsolatedFault = 3;

}  // namespace burrow::rt
