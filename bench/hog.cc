// bench/hog.cc - row: how late a sleep of 10 ms ends beside goroutines that
// compute without end, one a p.
#include <atomic>
#include <vector>

#include "bench/bench.h"
#include "bench/workload.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

// start_hogs starts a goroutine for each p that computes until `stop`.
void start_hogs(int n, const std::atomic<bool>& stop, burrow::wait_group& wg) {
  wg.add(n);
  for (int i = 0; i < n; ++i) {
    burrow::go([&] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
      wg.done();
    });
  }
}

void hog_sleep(state& st) {
  std::atomic<bool> stop{false};
  burrow::wait_group wg;
  start_hogs(st.procs(), stop, wg);
  std::vector<std::int64_t> late;
  late.reserve(static_cast<std::size_t>(st.n()));
  for (std::int64_t i = 0; i < st.n(); ++i) {
    const std::int64_t start = monotonic_ns();
    burrow::sleep_for(kHogSleep);
    late.push_back(monotonic_ns() - start - std::int64_t{10'000'000});
  }
  st.stop_timer();
  stop = true;
  wg.wait();
  report_hog_sleep(st, late);
}

}  // namespace

void add_hog_rows(std::vector<row>& rows) {
  rows.push_back({"HogSleep", "a sleep of 10 ms beside a hog on each p",
                  hog_sleep, kShort});
}

}  // namespace bench
