// tests/support/afterrun.h - what a test does between a run and what its goroutines used.
//
// A goroutine that is in user code when its run ends goes on until it next blocks. On
// a busy machine that may be long after run() has returned: what it refers to must
// still be there.
#pragma once

#include <chrono>
#include <thread>

#include "runtime/sched/sched.h"

namespace burrow::testsupport {

// awaitzombies returns when no goroutine of a run that is over is in user code.
inline void awaitzombies() {
  for (;;) {
    {
      const rt::lockguard hold(rt::sched.lock);
      if (rt::sched.nmzombie == 0) return;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

}  // namespace burrow::testsupport
