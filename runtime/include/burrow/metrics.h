// burrow/metrics.h - what the scheduler counts.
//
//   burrow::metrics::snapshot s = burrow::metrics::read();
//   std::printf("%llu goroutines, %llu spawned, p99 %lld ns\n", s.goroutines,
//               s.spawns, s.latency.quantile(0.99).count());
//
// Counting costs nothing worth the name: each processor has counters of its own,
// which nobody else writes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace burrow::metrics {

// histogram counts durations by powers of two: counts[i] those of 2^i to 2^(i+1)
// nanoseconds, the first those below, the last those above as well.
struct histogram {
  static constexpr std::size_t kBuckets = 36;  // the last begins at 34 s
  std::array<std::uint64_t, kBuckets> counts{};

  // total is how many there are.
  std::uint64_t total() const noexcept;

  // quantile is a duration that the fraction q (0 to 1) of them does not exceed:
  // the upper end of a bucket. 0 if there are none.
  std::chrono::nanoseconds quantile(double q) const noexcept;
};

// snapshot is the state of one moment, roughly: the threads do not stand still
// while it is taken. Outside a run what belongs to a run (goroutines, ps, queues,
// timers) is 0.
struct snapshot {
  // ---- Now ----

  std::uint64_t goroutines = 0;  // that have not ended, as num_goroutine()

  // Threads that run goroutines, or wait to (Go's Ms): all, those that sleep,
  // those that look for work. Without a p: their goroutine computes or blocks,
  // and its processor has been passed on; of these, in calls: the goroutine says
  // that it blocks (blocking(), syscalls::call, a file that cannot be watched).
  int ms = 0, ms_idle = 0, ms_spinning = 0, ms_without_p = 0, ms_in_calls = 0;

  int ps = 0, ps_idle = 0;  // processors: all (maxprocs), those without work

  std::vector<std::uint32_t> queued;  // runnable goroutines, a processor each
  std::uint32_t queued_global = 0;    // ... and those that are for any of them

  std::uint64_t timers = 0;  // that are set, sleeping goroutines included
  std::uint64_t polled = 0;  // descriptors that the netpoller watches

  // Address space of the goroutines' stacks, and of up to 64 free ones that each
  // processor keeps; of it only what has been touched takes memory.
  std::uint64_t stack_bytes = 0;

  // ---- Since the process began, over all runs; never less than before ----

  std::uint64_t spawns = 0;  // goroutines started, main ones included

  // Times that a goroutine parked, yielded or ended on a processor, and it was
  // decided what to run there next. One locked to its thread is not counted.
  std::uint64_t switches = 0;

  // Goroutines that an idle processor has had from another's queue: that one has
  // given them, being asked, or they were taken.
  std::uint64_t steals = 0;

  // Processors passed on because their goroutine was in a blocking call.
  std::uint64_t handoffs = 0;

  // Goroutines that have had 10 ms while others waited (less, if a timer was
  // due): they were switched out, or their processor was taken.
  std::uint64_t preemptions = 0;

  std::uint64_t syscalls = 0;  // blocking calls begun (see ms), not nested ones

  // How long goroutines waited for a processor once they were runnable again: one
  // of 61 that park or yield is timed. What has not run yet is not in it, nor how
  // long a new goroutine waits to begin.
  histogram latency;
};

// read returns the state of now.
//
// Context  any: goroutines, other threads, outside a run. It takes the
//          scheduler's lock for a moment and looks at each thread and processor:
//          microseconds.
// Errors   std::bad_alloc.
snapshot read();

}  // namespace burrow::metrics
