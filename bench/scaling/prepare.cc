// bench/scaling/prepare.cc - what of a workload is there before it begins.
#include <cstdlib>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "bench/scaling/workloads.h"

namespace sim {

outcome& result() {
  static outcome it;
  return it;
}

// requests-LENGTH-LOAD: us, percent.
bool prepare() {
  const plan& pl = theplan();
  if (pl.name.rfind("requests-", 0) != 0) return true;
  char* end = nullptr;
  const double us = std::strtod(pl.name.c_str() + 9, &end);
  if (*end != '-') return false;
  const double load = std::strtod(end + 1, nullptr) / 100;
  const double perus = load * pl.procs / us;
  // A few ms of it, or some thousands.
  double n = perus * 3000 * pl.scale;
  if (n > 20000 * pl.scale) n = 20000 * pl.scale;
  if (n < 1000) n = 1000;
  arrivals(16 * pl.procs + 64, static_cast<std::uint64_t>(n), perus);
  return true;
}

}  // namespace sim
