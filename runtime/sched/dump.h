// runtime/sched/dump.h - printing every goroutine.
//
// One place serves them all: the report of a deadlock, a panic at the levels all
// and system, debug::dump_goroutines, and who else wants it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/sched/runtime2.h"

namespace burrow::rt {

// A report that ends the process shows so many goroutines besides the one that
// failed, and says how many there are more.
inline constexpr std::size_t kReportMost = 1000;

// tracerunning stores the return addresses of what mp's goroutine is executing
// on another thread, newest first, as capture_here does, and returns whether it
// could. The world stands still; the goroutine runs without a p, and may have
// come to park meanwhile (mp->curg is &mp->g0 then): that is for the function to
// find out. Null, the default: such a stack is said not to be available.
using tracerunning_fn = bool (*)(m* mp, std::uintptr_t* pcs, int max,
                                 int& n) noexcept;
void set_tracerunning(tracerunning_fn fn) noexcept;

// dumpothers prints every goroutine but the caller, each with an empty line
// before it, for a process that ends: it stops the world for good. If that does
// not succeed within a second it prints no more than their states.
//
// Context  any but g0 with sched.lock held; begin_report done. Does not park.
void dumpothers(int fd) noexcept;

// dumpfrozen does the same where no other thread runs any more: each may have been
// stopped anywhere.
//
// Context  a copy of a process that fails (runtime/signal/isolate.h).
void dumpfrozen(int fd) noexcept;

// dumpdeadlock prints every goroutine. No m is awake but the caller's.
//
// Context  g0, or a thread that has given its m up; begin_report done.
void dumpdeadlock(int fd) noexcept;

}  // namespace burrow::rt
