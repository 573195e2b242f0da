// runtime/sched/goroutine.h - where the context switch enters a new goroutine.
#pragma once

#include "runtime/sched/switch.h"

namespace burrow::rt {

struct m;

// goroutinemain runs mp->curg, and then others that have not started, on the
// calling stack. In the runtime on entry and on return.
// Returns  the context to go to: nothing runs on this stack any more.
const gocontext* goroutinemain(m* mp);

}  // namespace burrow::rt
