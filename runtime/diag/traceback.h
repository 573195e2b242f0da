// runtime/diag/traceback.h - stack traces: taking and printing them.
//
// A trace has Go's shape, two lines a frame, the innermost first:
//
//   main::worker(int)
//           /src/worker.cc:42 +0x1d
//
// the second with the source line and the distance from the function's start,
// or, where there is no debug information, the module and the place in it. An
// inlined call is a frame of its own, without a distance.
//
// What the runtime does to park, to throw and to start a goroutine is left
// out: who reads a trace looks for a mistake of his own. Kept are the public
// functions (burrow::chan<int>::send), which say what the goroutine was at.
#pragma once

#include <cstdint>

#include "runtime/diag/print.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

// How much a report shows (BURROW_TRACEBACK): no trace; that of the goroutine
// which failed; that of every goroutine; that with the runtime's own frames.
enum class tracelevel { none, single, all, system };

// set_tracelevel sets the level from the text of BURROW_TRACEBACK. Null or
// empty is the default, single; so is a text that is no level, which is said on
// stderr in one line.
//
// Context  any; run calls it.
void set_tracelevel(const char* text) noexcept;

tracelevel tracelevel_now() noexcept;

// A trace that is printed ends after so many addresses, and says so if it has
// been given more.
inline constexpr int kMaxTrace = 100;

// capture_here stores the return addresses of the calling stack at pcs,
// newest first: the first lies in the caller, or, with skip > 0, that many
// frames further out. Each is such that pc - 1 belongs to the call. Inlined
// functions have no frame to skip. The walk ends at max, and at the base of a
// goroutine's stack, which has no unwind information.
//
// Context  any. Does not allocate.
// Returns  how many were stored.
int capture_here(std::uintptr_t* pcs, int max, int skip) noexcept;

// capture_interrupted is capture_here for a signal handler: it begins with the
// frame that was interrupted at pc. If the walk does not come by there, pc is
// all. n is right at any time, for a walk that faults in a frame about which the
// compiler knows too little.
//
// Context  signal handler.
void capture_interrupted(std::uintptr_t pc, std::uintptr_t* pcs, int max,
                         int& n) noexcept;

// tracenames: where the names of functions come from. symbols: symbolize.h. linker:
// symtab.h, for which no memory and no lock is needed, but files are. none: module
// and offset alone. But for the first, frames of the runtime's own are shown.
enum class tracenames { symbols, linker, none };

// set_tracenames says what traces have from now on; symbols, if nobody does.
//
// Context  a process of one thread.
void set_tracenames(tracenames from) noexcept;

// print_trace prints the trace of n return addresses at the given level; nothing
// at level none. If all frames belong to the runtime, all are shown.
//
// Context  any, as symbolize (symbolize.h).
void print_trace(printer& out, const std::uintptr_t* pcs, int n,
                 tracelevel level) noexcept;

// print_creator prints the last entry of a trace, the call that started the
// goroutine: the first function around pc that is not burrow's.
//
//   created by main::serve(int) in goroutine 1
//           /src/worker.cc:42 +0x1d
//
// Without the goroutine, if a thread that burrow did not make has called.
// Nothing for a goroutine that was not started by a call (by.pc 0).
//
// Context  as print_trace.
void print_creator(printer& out, const creator& by) noexcept;

}  // namespace burrow::rt
