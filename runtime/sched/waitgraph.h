// runtime/sched/waitgraph.h - goroutines that wait for each other in a circle.
#pragma once

#include <span>

#include "runtime/diag/print.h"
#include "runtime/sched/runtime2.h"

namespace burrow::rt {

// printcycles prints a line, after an empty one, for each cycle that it finds
// among gs:
//   wait-for cycle: goroutine 7 [sync.Mutex.Lock] waits for mutex 0x7f...10 held
//   by goroutine 9; goroutine 9 [...] waits for ... held by goroutine 7
//
// Context  the world stands still, or nobody is awake; g::inuse is set where it
//          is due. `here` is the caller's g, which is in use from the address
//          heresp upwards. Takes memory from the kernel; without it, prints
//          nothing.
void printcycles(printer& out, std::span<g* const> gs, const g* here,
                 const void* heresp) noexcept;

}  // namespace burrow::rt
