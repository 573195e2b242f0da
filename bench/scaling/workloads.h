// bench/scaling/workloads.h - the programs that are run under each scheduler.
//
// They are written with burrow's public API, and compiled once for each scheduler
// (the namespace burrow is a macro there).
#pragma once

#include <string>

#include "bench/scaling/engine.h"

namespace sim {

// A request from outside is known by the time at which it came.
struct plan {
  int procs = 1;
  double scale = 1;  // of the amount of work
  std::string name;
};
inline plan& theplan() {
  static plan it;
  return it;
}

// prepare is before the scheduler is booted. False: no such workload.
bool prepare();

}  // namespace sim

namespace burrow::sim_workloads {
void perform(const ::std::string& name);
}
