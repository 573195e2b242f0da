// examples/httpd/figures.cc - see figures.h.

#include "examples/httpd/figures.h"

#include "burrow/burrow.h"
#if __has_include("burrow/metrics.h")
#include "burrow/metrics.h"
#endif

namespace httpd {

#if __has_include("burrow/metrics.h")

figures read_figures() {
  burrow::metrics::snapshot s = burrow::metrics::read();
  figures f;
  f.goroutines = s.goroutines;
  f.ms = s.ms;
  f.ms_idle = s.ms_idle;
  f.ms_spinning = s.ms_spinning;
  f.ms_without_p = s.ms_without_p;
  f.ps = s.ps;
  f.ps_idle = s.ps_idle;
  f.queued = std::move(s.queued);
  f.queued_global = s.queued_global;
  f.timers = s.timers;
  f.polled = s.polled;
  f.stack_bytes = s.stack_bytes;
  f.spawns = s.spawns;
  f.switches = s.switches;
  f.steals = s.steals;
  f.handoffs = s.handoffs;
  f.preemptions = s.preemptions;
  f.syscalls = s.syscalls;
  f.latency_p50 = s.latency.quantile(0.5).count();
  f.latency_p99 = s.latency.quantile(0.99).count();
  return f;
}

#else

figures read_figures() {
  figures f;
  f.goroutines = static_cast<std::uint64_t>(burrow::num_goroutine());
  f.ps = burrow::maxprocs();
  return f;
}

#endif

}  // namespace httpd
