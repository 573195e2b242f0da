// bench/bench.cc - the stopwatch and the calibration.
#include "bench/bench.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "bench/procstat.h"

namespace bench {
namespace {

// As in Go: no row runs more often than this in one measurement.
constexpr std::int64_t kMaxIterations = 1'000'000'000;

// process_cpu_ns returns the user and system time of the process so far.
std::int64_t process_cpu_ns() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  auto ns = [](const timeval& t) {
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_usec * 1'000;
  };
  return ns(u.ru_utime) + ns(u.ru_stime);
}

// next_iterations predicts the n that takes the goal, 20 % over, and grows by
// at least one and at most a hundredfold.
std::int64_t next_iterations(std::int64_t goal_ns, std::int64_t n,
                             std::int64_t took_ns) {
  double per_op = static_cast<double>(std::max<std::int64_t>(took_ns, 1)) /
                  static_cast<double>(n);
  double wanted = 1.2 * static_cast<double>(goal_ns) / per_op;
  double most = 100.0 * static_cast<double>(n);
  auto next = static_cast<std::int64_t>(std::min(wanted, most));
  return std::min(std::max(next, n + 1), kMaxIterations);
}

state run_once(const row& r, std::int64_t n, int procs) {
  state st(n, procs);
  st.start_timer();
  r.fn(st);
  st.stop_timer();
  return st;
}

// calibrate repeats the row with more and more iterations; the last counts.
state calibrate(const row& r, int procs, benchtime wanted) {
  state st = run_once(r, 1, procs);
  if (wanted.iterations == 1) return st;
  if (wanted.iterations > 0) return run_once(r, wanted.iterations, procs);
  if ((r.flags & kOnce) != 0) return st;
  while (st.watch().wall_ns() < wanted.time.count() &&
         st.n() < kMaxIterations) {
    std::int64_t n =
        next_iterations(wanted.time.count(), st.n(), st.watch().wall_ns());
    st = run_once(r, n, procs);
  }
  return st;
}

// set replaces the measure of that unit, or adds it.
void set(std::vector<measure>& measures, const measure& wanted) {
  for (measure& m : measures) {
    if (m.unit == wanted.unit) {
      m.value = wanted.value;
      return;
    }
  }
  measures.push_back(wanted);
}

}  // namespace

std::int64_t monotonic_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void stopwatch::start() {
  if (running_) return;
  running_ = true;
  cpu_start_ = process_cpu_ns();
  wall_start_ = monotonic_ns();
}

void stopwatch::stop() {
  if (!running_) return;
  wall_ns_ += monotonic_ns() - wall_start_;
  cpu_ns_ += process_cpu_ns() - cpu_start_;
  running_ = false;
}

void stopwatch::reset() {
  bool was_running = running_;
  *this = stopwatch{};
  if (was_running) start();
}

void state::metric(double value, std::string_view unit) {
  set(metrics_, {value, std::string(unit)});
}

const measure* result::find(std::string_view unit) const {
  for (const measure& m : measures) {
    if (m.unit == unit) return &m;
  }
  return nullptr;
}

result measure_row(const row& r, int procs, benchtime wanted) {
  result res;
  auto body = [&] {
    state st = calibrate(r, procs, wanted);
    double n = static_cast<double>(st.n());
    res.iterations = st.n();
    auto by_clock = [&](std::int64_t ns, const char* unit) {
      res.measures.push_back({static_cast<double>(ns) / n, unit});
    };
    by_clock(st.watch().wall_ns(), "ns/op");
    by_clock(st.watch().cpu_ns(), "cpu-ns/op");
    st.metric(static_cast<double>(peak_rss_bytes()) / 1e6, "peak-MB");
    for (const measure& m : st.metrics()) set(res.measures, m);
  };
  if ((r.flags & kOutside) != 0) {
    body();
  } else {
    run_at(procs, body);
  }
  return res;
}

void report_latencies(state& st, std::vector<std::int64_t>& values) {
  std::sort(values.begin(), values.end());
  auto at = [&](double part) {
    auto last = static_cast<double>(values.size() - 1);
    return static_cast<double>(values[static_cast<std::size_t>(last * part)]);
  };
  st.metric(at(0.5), "ns/op");
  st.metric(at(0.99), "p99-ns");
  st.metric(at(0.999), "p99.9-ns");
}

void fail(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.c_str());
  _exit(1);
}

}  // namespace bench
