// burrow/debug.h - what every goroutine of the run is doing.
//
//   burrow::debug::dump_goroutines(2);
//
//   goroutine 7 [running]:
//   main::inspect()
//           /src/main.cc:20 +0x1d
//   created by main::main() in goroutine 1
//           /src/main.cc:42 +0x8a
//
//   goroutine 18 "parser" [chan receive, 3 minutes]:
//   ...
//
// docs/debugging.md says what is in it.
#pragma once

#include <string>

#include "burrow/metrics.h"

namespace burrow::debug {

// dump_goroutines writes to fd the state and the trace of every goroutine: the
// caller first, then the others by number; before them, cycles of goroutines
// that wait for each other, where there are any. Outside a run it says that
// there is none.
//
// It may be called by goroutines and by other threads. No other goroutine runs
// meanwhile, but for those that compute without calling burrow: who reads the
// other end of fd must not be a goroutine. What cannot be written is dropped.
void dump_goroutines(int fd);

// stack returns the trace of the calling goroutine, as dump_goroutines writes
// it. On a thread that burrow did not make it is that of the thread, as
// goroutine 0.
//
// Errors  std::bad_alloc.
std::string stack();

// set_max_threads bounds the threads that run goroutines, those in blocking calls
// included; 10,000 until it is called. A program that wants more ends: "fatal
// error: thread exhaustion", exit code 2. Returns the old bound. Go's
// debug.SetMaxThreads.
//
// Errors  std::invalid_argument: n < 1.
int set_max_threads(int n);

}  // namespace burrow::debug
