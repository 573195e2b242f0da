// bench/child.h - one measurement in a process of its own.
#pragma once

#include "bench/bench.h"
#include "bench/report.h"

namespace bench {

// measure_in_child measures the row in a forked process and waits for it, at
// most timeout_s seconds. A crash, a failure or a timeout is in the outcome's
// error; what the child printed on stderr has said more.
//
// Context  in a process that has never called burrow::run (its threads would be
//          missing in the child).
outcome measure_in_child(const row& r, int procs, benchtime wanted,
                         int timeout_s);

}  // namespace bench
