// bench/timers.cc - row: 100,000 goroutines that sleep 10 times each.
#include <algorithm>
#include <atomic>
#include <chrono>

#include "bench/bench.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

constexpr std::int64_t kSleepers = 100'000;
constexpr int kSleeps = 10;

// sleep_ms is the k-th sleep of a sleeper: 1 to 100 ms, the same numbers in
// every run and in every peer (splitmix64).
std::int64_t sleep_ms(std::int64_t sleeper, int k) {
  auto x = static_cast<std::uint64_t>(sleeper * kSleeps + k + 1) *
           0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  return static_cast<std::int64_t>(x % 100) + 1;
}

// ideal_ms is the time of the sleeper that sleeps longest.
std::int64_t ideal_ms() {
  std::int64_t longest = 0;
  for (std::int64_t i = 0; i < kSleepers; ++i) {
    std::int64_t sum = 0;
    for (int k = 0; k < kSleeps; ++k) sum += sleep_ms(i, k);
    longest = std::max(longest, sum);
  }
  return longest;
}

// sleeper sleeps its 10 times and returns by how much it was late in all.
std::int64_t sleeper(std::int64_t number) {
  std::int64_t asked = 0;
  std::int64_t start = monotonic_ns();
  for (int k = 0; k < kSleeps; ++k) {
    std::int64_t ms = sleep_ms(number, k);
    asked += ms * 1'000'000;
    burrow::sleep_for(std::chrono::milliseconds(ms));
  }
  return monotonic_ns() - start - asked;
}

void timers_100k(state& st) {
  std::atomic<std::int64_t> late_ns{0};
  std::atomic<bool> early{false};
  for (std::int64_t i = 0; i < st.n(); ++i) {
    burrow::wait_group wg;
    wg.add(static_cast<int>(kSleepers));
    for (std::int64_t s = 0; s < kSleepers; ++s) {
      burrow::go([&, s] {
        std::int64_t late = sleeper(s);
        if (late < 0) early.store(true, std::memory_order_relaxed);
        late_ns.fetch_add(late, std::memory_order_relaxed);
        wg.done();
      });
    }
    wg.wait();
  }
  st.stop_timer();
  if (early) fail("Timers100k: a sleep ended early");
  double n = static_cast<double>(st.n());
  st.metric(static_cast<double>(st.watch().wall_ns()) / n / 1e6, "wall-ms");
  st.metric(static_cast<double>(ideal_ms()), "ideal-ms");
  st.metric(static_cast<double>(st.watch().cpu_ns()) / n / 1e9, "cpu-s");
  st.metric(static_cast<double>(late_ns) / n / (kSleepers * kSleeps) / 1e3,
            "late-us/sleep");
}

}  // namespace

void add_timer_rows(std::vector<row>& rows) {
  rows.push_back({"Timers100k", "100,000 goroutines, 10 sleeps of 1 to 100 ms",
                  timers_100k, kOnce | kPeak | kShort});
}

}  // namespace bench
