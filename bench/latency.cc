// bench/latency.cc - rows: how late a goroutine runs that could.
//
// Their time is the median lateness, with p99 and p99.9 beside it.
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "bench/bench.h"
#include "bench/workload.h"
#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

// A goroutine that computes wakes one that waits, and computes on: the other
// runs soon only if another m takes it. At 1 p it runs when the first one waits.
void wake_latency(state& st) {
  auto c = burrow::make_chan<std::int64_t>(1);
  std::vector<std::int64_t> late;
  late.reserve(static_cast<std::size_t>(st.n()));
  burrow::wait_group wg;
  wg.go([&] {
    while (auto sent = c.recv()) late.push_back(monotonic_ns() - *sent);
  });
  for (std::int64_t i = 0; i < st.n(); ++i) {
    burrow::sleep_for(kWakePause);
    c.send(monotonic_ns());
    compute(kWakeCompute);
  }
  c.close();
  wg.wait();
  report_latencies(st, late);
}

// 100 goroutines sleep for 1 ms again and again, beside one goroutine a p that
// computes and yields every 20 us.
void timer_late(state& st) {
  std::atomic<bool> stop{false};
  burrow::wait_group load;
  for (int i = 0; i < st.procs(); ++i) {
    load.go([&stop] {
      while (!stop.load(std::memory_order_relaxed)) {
        compute(kLoadCompute);
        burrow::yield();
      }
    });
  }
  burrow::mutex mu;
  std::vector<std::int64_t> late;
  burrow::wait_group wg;
  for (int i = 0; i < kLateSleepers; ++i) {
    wg.go([&, times = share(st.n(), kLateSleepers, i)] {
      std::vector<std::int64_t> mine;
      for (std::int64_t k = 0; k < times; ++k) {
        std::int64_t start = monotonic_ns();
        burrow::sleep_for(kLateSleep);
        mine.push_back(monotonic_ns() - start -
                       std::chrono::nanoseconds(kLateSleep).count());
      }
      std::lock_guard held(mu);
      late.insert(late.end(), mine.begin(), mine.end());
    });
  }
  wg.wait();
  stop = true;
  load.wait();
  report_latencies(st, late);
}

// Half of 8 goroutines never yield; the others compute for 10 us and yield, n
// times in all.
void hog_mix(state& st) {
  std::atomic<bool> stop{false};
  burrow::wait_group hogs;
  for (int i = 0; i < kHogs; ++i) {
    hogs.go([&stop] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
  }
  burrow::wait_group wg;
  for (int i = 0; i < kHogs; ++i) {
    wg.go([times = share(st.n(), kHogs, i)] {
      for (std::int64_t k = 0; k < times; ++k) {
        compute(kHogWork);
        burrow::yield();
      }
    });
  }
  wg.wait();
  st.stop_timer();
  stop = true;
  hogs.wait();
}

}  // namespace

void add_latency_rows(std::vector<row>& rows) {
  rows.push_back({"WakeLatency", "from send to the receiver's run, median",
                  wake_latency, kPlain});
  rows.push_back({"TimerLate", "lateness of a sleep of 1 ms, ps busy, median",
                  timer_late, kPlain});
  rows.push_back({"HogMix", "a turn of 4 goroutines beside 4 that never yield",
                  hog_mix, kPlain});
}

}  // namespace bench
