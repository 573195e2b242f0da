// bench/bench.h - the harness: rows, the clock of a row, calibration.
//
// A row is one named program. It performs state.n() operations, and the harness
// raises n, as Go's testing.B does, until they take the wanted time. Each
// measurement runs at a number of ps, in a run of the system of its own, and
// (main.cc) in a process of its own, so that no row finds the stacks, caches or
// threads that an earlier one left.
//
// Rejected: registration by static objects. Their order over several files is
// unspecified, and a table of rows shall not depend on the linker.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct measure {
  double value;
  std::string unit;
};

// The result of one measurement; measures[0] is ns/op.
struct result {
  std::int64_t iterations = 0;
  std::vector<measure> measures;

  // find returns the measure of that unit, or null.
  const measure* find(std::string_view unit) const;
};

// stopwatch adds up the wall and processor time between start and stop.
class stopwatch {
 public:
  void start();
  void stop();
  void reset();
  std::int64_t wall_ns() const { return wall_ns_; }
  std::int64_t cpu_ns() const { return cpu_ns_; }

 private:
  std::int64_t wall_ns_ = 0;
  std::int64_t cpu_ns_ = 0;
  std::int64_t wall_start_ = 0;
  std::int64_t cpu_start_ = 0;
  bool running_ = false;
};

// state is what a row gets: how much to do, and where to report.
//
// The clock runs when the row is entered. stop_timer and start_timer leave
// out what is not to be measured; reset_timer forgets what came before it.
class state {
 public:
  state(std::int64_t n, int procs) : n_(n), procs_(procs) {}

  std::int64_t n() const { return n_; }
  int procs() const { return procs_; }

  void start_timer() { watch_.start(); }
  void stop_timer() { watch_.stop(); }
  void reset_timer() { watch_.reset(); }
  const stopwatch& watch() const { return watch_; }

  // metric adds a figure of the row's own. Units follow Go: "B/x", "p99-ns".
  // "ns/op" and "cpu-ns/op" stand instead of the times by the clock, as in Go.
  void metric(double value, std::string_view unit);
  const std::vector<measure>& metrics() const { return metrics_; }

 private:
  std::int64_t n_;
  int procs_;
  stopwatch watch_;
  std::vector<measure> metrics_;
};

// How a row wants to be run.
enum row_flags : unsigned {
  kPlain = 0,
  kOnce = 1u << 0,     // one iteration: it measures memory not yet touched
  kOneProc = 1u << 1,  // means something at procs 1 only
  kShort = 1u << 2,    // part of --short
  kOutside = 1u << 3,  // not in a run: the row is about run itself
  kGrowth = 1u << 4,   // with --growth only, and nothing else then
};

struct row {
  const char* name;  // as in "Benchmark<name>/procs=1"
  const char* what;  // one operation, in words
  void (*fn)(state&);
  unsigned flags;
};

// Each group of rows adds its own, in the order in which they are printed.
void add_yield_rows(std::vector<row>& rows);
void add_spawn_rows(std::vector<row>& rows);
void add_chan_rows(std::vector<row>& rows);
void add_select_rows(std::vector<row>& rows);
void add_sync_rows(std::vector<row>& rows);
void add_forkjoin_rows(std::vector<row>& rows);
void add_tree_rows(std::vector<row>& rows);
void add_latency_rows(std::vector<row>& rows);
void add_chameneos_rows(std::vector<row>& rows);
void add_memory_rows(std::vector<row>& rows);
void add_timer_rows(std::vector<row>& rows);
void add_hog_rows(std::vector<row>& rows);
void add_growth_rows(std::vector<row>& rows);
void add_thread_rows(std::vector<row>& rows);

// The two that make a program of the harness: rows.cc for burrow, peers/ for
// the systems beside it.
std::vector<row> all_rows();
// run_at calls body on the system at `procs` processors, and returns when it
// has. Once in a process.
void run_at(int procs, const std::function<void()>& body);

// How long a measurement takes: a time, or a fixed number of iterations.
struct benchtime {
  std::chrono::nanoseconds time = std::chrono::seconds(1);
  std::int64_t iterations = 0;  // 0: by time
};

// measure_row runs the row at `procs` ps until its time is reached.
//
// Context  outside of a run. Ends the process with a report if the row fails.
result measure_row(const row& r, int procs, benchtime wanted);

// fail ends the measuring process: the row computed a wrong answer.
[[noreturn]] void fail(const std::string& why);

// monotonic_ns is the clock of all rows.
std::int64_t monotonic_ns();

// keep makes the compiler believe that somebody reads the value.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// report_latencies makes the median the row's time, and adds p99 and p99.9.
// Sorts; the values are ns.
void report_latencies(state& st, std::vector<std::int64_t>& values);

// compute keeps a processor busy for so long.
inline void compute(std::chrono::nanoseconds d) {
  for (std::int64_t end = monotonic_ns() + d.count(); monotonic_ns() < end;) {
  }
}

// share is the i-th of k nearly equal parts of n operations.
inline std::int64_t share(std::int64_t n, std::int64_t k, std::int64_t i) {
  return n / k + (i < n % k ? 1 : 0);
}

}  // namespace bench
