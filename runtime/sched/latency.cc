// runtime/sched/latency.cc - how long goroutines wait between ready and running.
//
// Timing each would cost two looks at the clock a switch. So one decision of 61 of
// a p, that which goes through g0 anyway, marks the goroutine that leaves the p
// with it (kGProbed):
//
//   leaves its p    considerprobe        on the way to g0
//   is made ready   probedready          where goready looks for a proxy
//   is to run       probedruns           g0; picknext leaves it to that, as it
//                                        does one that is locked to a thread
//
// The mark shares its test with a flag that these paths look at anyway: who is not
// marked pays nothing. Of those that yield, ready is when they leave.
//
// Rejected: a time in every g, by sched.clock, which costs a store only. That clock
// goes in steps of up to 10 ms, and most waits are shorter than 1 us.

#include <bit>

#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"

namespace burrow::rt {

bool considerprobe(const p* pp, g* gp) noexcept {
  if (pp->tick.load(relaxed) % 64 != 0 || (gp->flags & kGLocked) != 0)
    return false;
  gp->flags |= kGProbed;
  return true;
}

void probedready(g* gp) noexcept { gp->waitsince = nanotime(); }

void probedruns(p* pp, g* gp) noexcept {
  gp->flags &= static_cast<std::uint8_t>(~kGProbed);
  const std::int64_t waited = nanotime() - gp->waitsince;
  constexpr int kLast = metrics::histogram::kBuckets - 1;
  int i = 0;
  if (waited > 1) i = std::bit_width(static_cast<std::uint64_t>(waited)) - 1;
  pp->latency[i < kLast ? i : kLast].add();
}

}  // namespace burrow::rt
