// bench/scaling/protocol.h - what a scheduler under simulation is to the program that
// compares them, and what a workload tells of itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/scaling/engine.h"

namespace sim {

// How the scheduler stands; read from outside, at no cost.
struct standing {
  int idle = 0;      // ps on the idle list
  int spinning = 0;  // ms that look for work
  int waiting = 0;   // goroutines on queues
};

// What the scheduler counts itself, all ps together.
struct stolen {
  std::uint64_t tried = 0;  // looks at another p that had work
  std::uint64_t done = 0;   // ... and took or was given some
  std::uint64_t moved = 0;  // goroutines
};

struct protocol {
  std::string name;
  // Makes nprocs ps, one of them with a thread that runs the workload and then
  // stops the simulation. Once a process.
  void (*boot)(int nprocs, const std::string& workload);
  standing (*stand)();
  stolen (*steals)();
};

inline std::vector<protocol>& protocols() {
  static std::vector<protocol> all;
  return all;
}

// What a workload has done.
struct outcome {
  std::uint64_t tasks = 0;
  std::uint64_t lost = 0;      // that should have run, and did not
  picos ideal = 0;             // no schedule takes less on that many ps
  std::vector<picos> latency;  // from runnable to running, of each
};
outcome& result();

}  // namespace sim
