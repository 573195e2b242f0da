// bench/timers.cc - row: 100,000 goroutines that sleep 10 times each.
#include <atomic>
#include <chrono>

#include "bench/bench.h"
#include "bench/workload.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

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
  report_timers(st, late_ns);
}

}  // namespace

void add_timer_rows(std::vector<row>& rows) {
  rows.push_back({"Timers100k", "100,000 goroutines, 10 sleeps of 1 to 100 ms",
                  timers_100k, kOnce | kShort});
}

}  // namespace bench
