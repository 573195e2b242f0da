// examples/httpd/figures.h - what the runtime says of itself: the one place that
// asks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace httpd {

struct figures {
  std::uint64_t goroutines = 0;
  int ms = 0, ms_idle = 0, ms_spinning = 0, ms_without_p = 0;
  int ps = 0, ps_idle = 0;
  std::vector<std::uint32_t> queued;  // a P each
  std::uint32_t queued_global = 0;
  std::uint64_t timers = 0, polled = 0, stack_bytes = 0;
  std::uint64_t spawns = 0, switches = 0, steals = 0, handoffs = 0,
                preemptions = 0, syscalls = 0;
  std::int64_t latency_p50 = 0, latency_p99 = 0;  // ns
};

figures read_figures();

}  // namespace httpd
