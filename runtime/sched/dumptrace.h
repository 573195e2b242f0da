// runtime/sched/dumptrace.h - the trace of one goroutine, for dump.cc.
//
// The world stands still; one dump at a time.
#pragma once

#include <cstdint>

#include "runtime/diag/traceback.h"
#include "runtime/sched/runtime2.h"

namespace burrow::rt {

struct trace {
  std::uintptr_t pcs[kMaxTrace + 1];
  int n = 0;
};

// takehere takes the caller's own.
void takehere(trace& t) noexcept;

// takeparked takes that of gp, which is parked or was never started, on its own
// stack; `here` is what the caller runs.
// Returns  null, or in words why there is none.
const char* takeparked(g* here, g* gp, trace& t) noexcept;

// askrunning takes that of gp, whose stack is in use by an m (m::inuse), by the
// function that set_tracerunning has named. Who does not answer costs time: when
// they have taken 300 ms together nobody is asked any more. askpatience is the
// start of a dump.
// Returns  whether there is one.
bool askrunning(const g* gp, trace& t) noexcept;
void askpatience() noexcept;

}  // namespace burrow::rt
