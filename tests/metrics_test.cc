// tests/metrics_test.cc - what metrics::read says of programs whose counts are known.

#include "burrow/metrics.h"

#include <sys/syscall.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using metrics::read;
using metrics::snapshot;
using testsupport::compute;
using testsupport::nap;

// eventually repeats `what` until it is true: counts of other threads come late.
template <class F>
bool eventually(F what) {
  for (int i = 0; i < 20'000; i++) {
    if (what()) return true;
    sleep_for(1ms);
  }
  return false;
}

// No count of b's is below a's.
void expect_monotone(const snapshot& a, const snapshot& b) {
  EXPECT_LE(a.spawns, b.spawns);
  EXPECT_LE(a.switches, b.switches);
  EXPECT_LE(a.steals, b.steals);
  EXPECT_LE(a.handoffs, b.handoffs);
  EXPECT_LE(a.preemptions, b.preemptions);
  EXPECT_LE(a.syscalls, b.syscalls);
  for (std::size_t i = 0; i < a.latency.kBuckets; i++)
    EXPECT_LE(a.latency.counts[i], b.latency.counts[i]);
}

GO_TEST(Metrics, SpawnsAreCountedExactly) {
  const snapshot a = read();
  EXPECT_EQ(a.goroutines, 1u);
  wait_group wg;
  for (int i = 0; i < 1000; i++) wg.go([] {});
  wg.wait();
  std::thread foreign([&] {
    for (int i = 0; i < 100; i++) wg.go([] {});
    wg.wait();
  });
  blocking([&] { foreign.join(); });
  EXPECT_EQ(read().spawns - a.spawns, 1100u);
  testsupport::await_others();
  auto c = make_chan<unit>();
  for (int i = 0; i < 10; i++) go([c] { c.recv(); });
  EXPECT_EQ(read().goroutines, 11u);
  EXPECT_EQ(read().spawns - a.spawns, 1110u);
  c.close();
  testsupport::await_others();
}

GO_TEST(Metrics, SwitchesOfYieldsAndParks) {
  constexpr std::uint64_t kN = 10'000;
  snapshot a = read();
  for (std::uint64_t i = 0; i < kN; i++) yield();
  std::uint64_t n = read().switches - a.switches;
  EXPECT_GE(n, kN);
  EXPECT_LE(n, kN + 1000);  // others' too: none here but what ends late
  // Each value parks one of the two, and each goroutine ends.
  auto c = make_chan<int>();
  a = read();
  go([c] {
    for (std::uint64_t i = 0; i < kN; i++) c.send(1);
    c.close();
  });
  for (int v : c) EXPECT_EQ(v, 1);
  n = read().switches - a.switches;
  EXPECT_GE(n, kN / 2);
  EXPECT_LE(n, 4 * kN);
}

GO_TEST(Metrics, ProcessorsAndQueues) {
  const snapshot a = read();
  EXPECT_EQ(a.ps, maxprocs());
  EXPECT_EQ(a.queued.size(), static_cast<std::size_t>(a.ps));
  EXPECT_LT(a.ps_idle, a.ps);
  EXPECT_GE(a.ms, 1);
  EXPECT_GT(a.stack_bytes, 0u);
  if (maxprocs() > 1) return;
  wait_group wg;
  for (int i = 0; i < 50; i++) wg.go([] {});
  EXPECT_EQ(read().queued[0], 50u);
  wg.wait();
  EXPECT_EQ(read().queued[0], 0u);
}

TEST(Metrics, AnIdleProcessorStealsFromABusyOne) {
  run(
      [] {
        const snapshot a = read();
        wait_group wg;
        EXPECT_TRUE(eventually([&] {
          for (int i = 0; i < 200; i++) wg.go([] { compute(20us); });
          wg.wait();
          return read().steals > a.steals;
        }));
      },
      {.maxprocs = 8});
}

TEST(Metrics, WithOneProcessorNobodySteals) {
  run(
      [] {
        const snapshot a = read();
        wait_group wg;
        for (int i = 0; i < 1000; i++) wg.go([] { yield(); });
        wg.wait();
        EXPECT_EQ(read().steals, a.steals);
      },
      {.maxprocs = 1});
}

GO_TEST(Metrics, BlockingCallsPassTheProcessorOn) {
  const snapshot a = read();
  wait_group wg;
  std::atomic<int> in{0};
  std::atomic<bool> stop{false};
  for (int i = 0; i < 20; i++)
    wg.go([&] {
      blocking([&] {
        in++;
        while (!stop) nap(1ms);
      });
    });
  EXPECT_TRUE(eventually([&] { return in == 20; }));
  const snapshot b = read();
  // One that has had its slice loses its processor before it comes to its call.
  EXPECT_GE(b.handoffs - a.handoffs + b.preemptions - a.preemptions, 20u);
  EXPECT_EQ(b.syscalls - a.syscalls, 20u);
  EXPECT_GE(b.ms_without_p, 20);
  EXPECT_GE(b.ms_in_calls, 20);
  EXPECT_GE(b.ms, 20);
  stop = true;
  wg.wait();
  EXPECT_TRUE(eventually([] { return read().ms_in_calls == 0; }));
  for (int i = 0; i < 100; i++) syscalls::call(SYS_getpid);
  EXPECT_EQ(read().syscalls - b.syscalls, 100u);
}

GO_TEST(Metrics, ACallWhoseGoroutineParksCountsOnce) {
  const snapshot a = read();
  auto c = make_chan<int>();
  wait_group wg;
  for (int i = 0; i < 10; i++)
    wg.go([c] {
      blocking([c] {
        for (int k = 0; k < 20; k++) c.send(k);
      });
    });
  for (int i = 0; i < 200; i++) c.recv();
  wg.wait();
  EXPECT_EQ(read().syscalls - a.syscalls, 10u);
}

GO_TEST(Metrics, AHogLosesItsProcessor) {
  const snapshot a = read();
  std::atomic<bool> stop{false};
  wait_group wg;
  for (int i = 0; i < 4 * maxprocs(); i++)
    wg.go([&] {
      while (!stop.load(std::memory_order_relaxed)) {
      }
    });
  EXPECT_TRUE(eventually([&] { return read().preemptions > a.preemptions; }));
  EXPECT_TRUE(eventually([] { return read().ms_without_p > 0; }));
  stop = true;
  wg.wait();
}

GO_TEST(Metrics, LatencyIsSampled) {
  const snapshot a = read();
  wait_group wg;
  for (int g = 0; g < 4; g++)
    wg.go([] {
      for (int i = 0; i < 50'000; i++) yield();
    });
  wg.wait();
  const snapshot b = read();
  const std::uint64_t timed = b.latency.total() - a.latency.total();
  const std::uint64_t of = b.switches - a.switches;
  EXPECT_GT(timed, 100u);
  EXPECT_LE(timed, of / 60 + 100);
  EXPECT_GT(b.latency.quantile(0.5), 0ns);
  EXPECT_LE(b.latency.quantile(0.5), b.latency.quantile(0.99));
}

// Who becomes ready beside a goroutine that computes for 3 ms waits as long.
TEST(Metrics, LatencyShowsWhoHasToWait) {
  run(
      [] {
        const auto slow = [] {
          const metrics::histogram h = read().latency;
          std::uint64_t n = 0;
          for (std::size_t i = 20; i < h.kBuckets; i++)
            n += h.counts[i];  // 1 ms
          return n;
        };
        const std::uint64_t before = slow();
        EXPECT_TRUE(eventually([&] {
          std::atomic<bool> stop{false};
          wait_group wg;
          wg.go([&] {
            while (!stop) yield();
          });
          wg.go([&] {
            for (int i = 0; i < 100; i++) {
              compute(3ms);
              yield();
            }
            stop = true;
          });
          wg.wait();
          return slow() > before;
        }));
      },
      {.maxprocs = 1});
}

GO_TEST(Metrics, TimersAndDescriptors) {
  const snapshot a = read();
  auto [in, out] = pipe();
  EXPECT_EQ(read().polled - a.polled, 2u);
  in.close();
  out.close();
  EXPECT_EQ(read().polled, a.polled);
  std::vector<timer> held;
  for (int i = 0; i < 50; i++) held.emplace_back(1h);
  EXPECT_EQ(read().timers - a.timers, 50u);
  for (timer& t : held) t.stop();
  EXPECT_EQ(read().timers, a.timers);
}

GO_TEST(Metrics, ManyThreadsReadWhileItRuns) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; i++)
    readers.emplace_back([&] {
      for (snapshot last = read(); !stop;) {
        const snapshot now = read();
        expect_monotone(last, now);
        last = now;
      }
    });
  wait_group wg;
  for (int g = 0; g < 8; g++)
    wg.go([] {
      snapshot last = read();
      for (int i = 0; i < 200; i++) {
        wait_group inner;
        for (int k = 0; k < 10; k++) inner.go([] { yield(); });
        inner.wait();
        if (i % 20 == 0) blocking([] { nap(100us); });
        const snapshot now = read();
        expect_monotone(last, now);
        last = now;
      }
    });
  wg.wait();
  stop = true;
  blocking([&] {
    for (std::thread& t : readers) t.join();
  });
}

GO_TEST(Metrics, CountsSurviveAChangeOfMaxprocs) {
  const int was = maxprocs();
  snapshot last = read();
  for (int n : {4, 1, 3, 2}) {
    maxprocs(n);
    wait_group wg;
    for (int i = 0; i < 100; i++) wg.go([] { yield(); });
    wg.wait();
    testsupport::await_others();
    const snapshot now = read();
    expect_monotone(last, now);
    EXPECT_EQ(now.spawns - last.spawns, 100u);
    EXPECT_EQ(now.ps, n);
    EXPECT_EQ(now.goroutines, 1u);
    last = now;
  }
  maxprocs(was);
}

TEST(Metrics, BetweenRuns) {
  run([] {}, {.maxprocs = 2});
  const snapshot a = read();
  EXPECT_EQ(a.goroutines, 0u);
  EXPECT_EQ(a.ps, 0);
  EXPECT_TRUE(a.queued.empty());
  EXPECT_GE(a.spawns, 1u);
  for (int i = 0; i < 5; i++)
    run(
        [] {
          for (int k = 0; k < 20; k++)
            go([] { sleep_for(1h); });  // the end of the run ends them
          yield();
          EXPECT_EQ(read().goroutines, 21u);
        },
        {.maxprocs = 2});
  const snapshot b = read();
  expect_monotone(a, b);
  EXPECT_EQ(b.spawns - a.spawns, 5 * 21u);
  EXPECT_EQ(b.goroutines, 0u);
  EXPECT_EQ(b.timers, 0u);
}

TEST(Histogram, Quantiles) {
  metrics::histogram h;
  EXPECT_EQ(h.total(), 0u);
  EXPECT_EQ(h.quantile(0.5), 0ns);
  h.counts[3] = 90;  // 8 to 16 ns
  h.counts[10] = 10;
  EXPECT_EQ(h.total(), 100u);
  EXPECT_EQ(h.quantile(0), 16ns);
  EXPECT_EQ(h.quantile(0.9), 16ns);
  EXPECT_EQ(h.quantile(0.91), 2048ns);
  EXPECT_EQ(h.quantile(1), 2048ns);
}

}  // namespace
}  // namespace burrow
