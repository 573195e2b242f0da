// bench/memory.cc - rows: what a goroutine costs that waits.
//
// These rows measure memory that nobody touched before, so they run once in a
// process. Figures are differences: the program's own size is not in them.
#include <atomic>
#include <chrono>

#include "bench/bench.h"
#include "bench/procstat.h"
#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

// parked makes `count` goroutines, lets all of them block on one channel,
// closes it and waits for their end. One operation is all of this.
void parked(state& st, std::int64_t count) {
  double create_ns = 0;
  double wake_ns = 0;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    st.stop_timer();
    memory_usage before = read_memory_usage();
    auto gate = burrow::make_chan<burrow::unit>();
    burrow::wait_group ready;
    burrow::wait_group ended;
    ready.add(static_cast<int>(count));
    ended.add(static_cast<int>(count));
    st.start_timer();
    std::int64_t t0 = monotonic_ns();
    for (std::int64_t k = 0; k < count; ++k) {
      burrow::go([gate, &ready, &ended] {
        ready.done();
        gate.recv();
        ended.done();
      });
    }
    ready.wait();
    create_ns += static_cast<double>(monotonic_ns() - t0);
    st.stop_timer();
    report_memory(st, before, read_memory_usage(), count);
    st.start_timer();
    t0 = monotonic_ns();
    gate.close();
    ended.wait();
    wake_ns += static_cast<double>(monotonic_ns() - t0);
  }
  double all = static_cast<double>(st.n() * count);
  st.metric(create_ns / all, "create-ns/goroutine");
  st.metric(wake_ns / all, "wake-ns/goroutine");
}

void parked_100k(state& st) { parked(st, 100'000); }
void parked_1m(state& st) { parked(st, 1'000'000); }

// burst makes 100,000 goroutines at once, lets them end, and looks how much of
// their memory is still there, at once and 2 s later.
void burst(state& st) {
  constexpr int kGoroutines = 100'000;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    std::int64_t before = rss_bytes();
    auto gate = burrow::make_chan<burrow::unit>();
    burrow::wait_group ready;
    burrow::wait_group ended;
    ready.add(kGoroutines);
    for (int k = 0; k < kGoroutines; ++k) {
      ended.go([gate, &ready] {
        ready.done();
        gate.recv();
      });
    }
    ready.wait();
    report_burst(st, before, "burst-MB");
    gate.close();
    ended.wait();
    report_burst(st, before, "ended-MB");
    st.stop_timer();
    burrow::sleep_for(std::chrono::seconds(2));
    report_burst(st, before, "later-MB");
    st.start_timer();
  }
}

// not_started makes goroutines and looks before it lets them run. The
// scheduler may preempt their maker all the same: `started` says how many had
// begun, and they are not counted.
void not_started(state& st, std::int64_t count) {
  double create_ns = 0;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    st.stop_timer();
    std::atomic<std::int64_t> started{0};
    burrow::wait_group ended;
    ended.add(static_cast<int>(count));
    memory_usage before = read_memory_usage();
    st.start_timer();
    std::int64_t t0 = monotonic_ns();
    for (std::int64_t k = 0; k < count; ++k) {
      burrow::go([&started, &ended] {
        started.fetch_add(1, std::memory_order_relaxed);
        ended.done();
      });
    }
    create_ns += static_cast<double>(monotonic_ns() - t0);
    st.stop_timer();
    std::int64_t begun = started.load(std::memory_order_relaxed);
    if (begun < count) {
      report_memory(st, before, read_memory_usage(), count - begun);
    }
    st.metric(static_cast<double>(begun), "started");
    ended.wait();
    st.start_timer();
  }
  st.metric(create_ns / static_cast<double>(st.n() * count),
            "create-ns/goroutine");
}

void not_started_10k(state& st) { not_started(st, 10'000); }
void not_started_1m(state& st) { not_started(st, 1'000'000); }

}  // namespace

void add_memory_rows(std::vector<row>& rows) {
  rows.push_back({"Parked100k", "100,000 goroutines made, parked, woken, ended",
                  parked_100k, kOnce | kShort});
  rows.push_back({"Parked1M", "1,000,000 goroutines made, parked, woken, ended",
                  parked_1m, kOnce});
  rows.push_back({"Burst100k", "100,000 goroutines at once; what is given back",
                  burst, kOnce});
  rows.push_back({"NotStarted10k", "10,000 goroutines made, not yet started",
                  not_started_10k, kOnce | kOneProc});
  rows.push_back({"NotStarted1M", "1,000,000 goroutines made, not yet started",
                  not_started_1m, kOnce | kOneProc});
}

}  // namespace bench
