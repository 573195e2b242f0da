// bench/scaling/standin/runtime/sched/runtime2.h - the runtime's own, but for links of
// goroutines, which count as accesses: made by sed (bench/scaling/meson.build).
#pragma once

#if !defined(SCALING_RUNTIME2)
#define SCALING_RUNTIME2 "runtime/sched/runtime2.h"  // to be read alone
#endif
#include SCALING_RUNTIME2
