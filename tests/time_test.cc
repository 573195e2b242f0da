// tests/time_test.cc - durations and sleeping.

#include "burrow/time.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::detail::to_ns;
using steady = std::chrono::steady_clock;

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
constexpr auto kMin = std::numeric_limits<std::int64_t>::min();

TEST(Duration, WholeUnitsAreExact) {
  EXPECT_EQ(to_ns(1ns), 1);
  EXPECT_EQ(to_ns(-1us), -1000);
  EXPECT_EQ(to_ns(24h), 86'400'000'000'000);
  EXPECT_EQ(to_ns(std::chrono::duration<unsigned, std::milli>(7)), 7'000'000);
  EXPECT_EQ(to_ns(std::chrono::nanoseconds(kMax)), kMax);
  EXPECT_EQ(to_ns(std::chrono::nanoseconds(kMin)), kMin);
}

TEST(Duration, FractionsAreRoundedUp) {
  EXPECT_EQ(to_ns(std::chrono::duration<std::int64_t, std::pico>(1)), 1);
  EXPECT_EQ(to_ns(std::chrono::duration<std::int64_t, std::pico>(1000)), 1);
  EXPECT_EQ(to_ns(std::chrono::duration<std::int64_t, std::pico>(-1500)), -1);
  EXPECT_EQ(to_ns(std::chrono::duration<double>(0.5)), 500'000'000);
  EXPECT_EQ(to_ns(std::chrono::duration<double, std::nano>(0.25)), 1);
  EXPECT_EQ(to_ns(std::chrono::duration<int, std::ratio<1, 3>>(1)),
            333'333'334);
}

TEST(Duration, OverflowSaturates) {
  EXPECT_EQ(to_ns(std::chrono::hours::max()), kMax);
  EXPECT_EQ(to_ns(std::chrono::hours::min()), kMin);
  EXPECT_EQ(to_ns(std::chrono::duration<std::uint64_t>(~0ull)), kMax);
  EXPECT_EQ(to_ns(std::chrono::duration<double>(1e300)), kMax);
  EXPECT_EQ(to_ns(std::chrono::duration<double>(-1e300)), kMin);
  EXPECT_EQ(to_ns(std::chrono::duration<double>(
                std::numeric_limits<double>::quiet_NaN())),
            0);
}

GO_TEST(Sleep, LastsAtLeastItsDuration) {
  for (const auto d : {1us, 300us, 5000us}) {
    const auto start = steady::now();
    burrow::sleep_for(d);
    EXPECT_GE(steady::now() - start, d);
  }
}

GO_TEST(Sleep, NothingToWaitForReturnsAtOnce) {
  burrow::sleep_for(0s);
  burrow::sleep_for(-5s);
  burrow::sleep_for(std::chrono::hours::min());
  burrow::sleep_until(steady::now() - 1h);
  burrow::sleep_until(steady::time_point::min());
}

GO_TEST(Sleep, UntilATimePointOfAnyPrecision) {
  const auto t =
      std::chrono::time_point_cast<std::chrono::milliseconds>(steady::now()) +
      5ms;
  burrow::sleep_until(t);
  EXPECT_GE(steady::now(), t);
}

GO_TEST(Sleep, OthersRunMeanwhile) {
  auto asleep = burrow::make_chan<burrow::unit>();
  auto woken = burrow::make_chan<burrow::unit>();
  burrow::go([=] {
    asleep.close();
    burrow::sleep_for(20ms);
    woken.close();
  });
  asleep.recv();
  int turns = 0;
  while (
      !burrow::detail::chan_access::get(woken)->is(burrow::detail::kClosed)) {
    ++turns;
    burrow::yield();
  }
  EXPECT_GT(turns, 1);
}

GO_TEST(Sleep, ThousandsOfSleepersNoneEarlyNoneForgotten) {
  std::atomic<int> early{0}, awake{0};
  burrow::wait_group wg;
  for (int i = 0; i < 5000; ++i) {
    wg.go([&, i] {
      std::uint32_t seed = static_cast<std::uint32_t>(i) * 2654435761u;
      for (int k = 0; k < 3; ++k) {
        seed = seed * 1664525u + 1013904223u;
        const auto d = std::chrono::nanoseconds(seed >> 8);  // up to 16 ms
        const auto start = steady::now();
        burrow::sleep_for(d);
        if (steady::now() - start < d) ++early;
      }
      ++awake;
    });
  }
  wg.wait();
  EXPECT_EQ(early, 0);
  EXPECT_EQ(awake, 5000);
}

// Those whose time has come run before those that have yielded, and are not kept
// waiting for 64 switches: they see few of the others' turns, of 500 us each.
TEST(Sleep, DoesNotQueueBehindThoseThatYield) {
  constexpr int kOthers = 20, kSleepers = 6, kSleeps = 20;
  std::vector<int> seen;
  burrow::run(
      [&] {
        burrow::mutex mu;
        const burrow::testsupport::turntakers others(kOthers);
        for (int i = 0; i < kSleeps; ++i) {
          const auto until = std::chrono::steady_clock::now() + 1ms;
          const int before = others.turns();
          burrow::wait_group sleepers;
          for (int k = 0; k < kSleepers; ++k)
            sleepers.go([&] {
              burrow::sleep_until(until);
              const std::lock_guard hold(mu);
              seen.push_back(others.turns() - before);
            });
          sleepers.wait();
        }
      },
      {.maxprocs = 1});
  std::sort(seen.begin(), seen.end());
  EXPECT_LT(seen[seen.size() / 2], kOthers / 2);
}

// Nor behind those that are started meanwhile, however many: the first of six that
// wake together starts 1,000 beside 2,000 that have not begun.
TEST(Sleep, DoesNotStarveBehindThoseThatStart) {
  constexpr int kBefore = 2'000, kNow = 1'000, kSleepers = 6;
  int latest = 0;
  burrow::run(
      [&] {
        std::atomic<int> begun{0};
        std::atomic<bool> stop{false}, first{true};
        burrow::wait_group others, sleepers;
        const auto work = [&] {
          ++begun;
          burrow::testsupport::compute(20us);
        };
        others.go([&] {
          while (!stop) burrow::yield();
        });
        const auto until = std::chrono::steady_clock::now() + 10ms;
        int since = 0;
        for (int i = 0; i < kSleepers; ++i)
          sleepers.go([&] {
            burrow::sleep_until(until);
            if (first.exchange(false)) {
              since = begun;
              for (int k = 0; k < kNow; ++k) others.go(work);
            } else {
              latest = std::max(latest, begun - since);
            }
          });
        for (int i = 0; i < 20; ++i) burrow::yield();  // they sleep
        for (int k = 0; k < kBefore; ++k) others.go(work);
        sleepers.wait();
        stop = true;
        others.wait();
      },
      {.maxprocs = 1});
  EXPECT_LT(latest, kNow / 2);
}

GO_TEST(Sleep, SleepersSurviveAChangeOfMaxprocs) {
  const int before = burrow::maxprocs();
  std::atomic<int> awake{0};
  burrow::wait_group wg;
  for (int i = 0; i < 500; ++i) {
    wg.go([&] {
      for (int k = 0; k < 20; ++k) burrow::sleep_for(500us);
      ++awake;
    });
  }
  for (int n : {4, 1, 3, 2, 1}) {
    burrow::maxprocs(n);
    burrow::sleep_for(1ms);
  }
  wg.wait();
  EXPECT_EQ(awake, 500);
  burrow::maxprocs(before);
}

GO_TEST(Sleep, OnAForeignThreadBlocksThatThread) {
  std::atomic<bool> longenough{false};
  auto done = burrow::make_chan<burrow::unit>();
  std::thread t([&] {
    const auto start = steady::now();
    burrow::sleep_for(5ms);
    longenough = steady::now() - start >= 5ms;
    done.close();
  });
  done.recv();
  t.join();
  EXPECT_TRUE(longenough);
}

TEST(Sleep, OutsideARunBlocksTheThread) {
  const auto start = steady::now();
  burrow::sleep_for(2ms);
  burrow::sleep_until(start + 4ms);
  EXPECT_GE(steady::now() - start, 4ms);
}

TEST(Sleep, ARunEndsWithSleepersLeft) {
  for (int i = 0; i < 100; ++i) {
    for (const int procs : {1, 2, 8}) {
      const int result = burrow::run(
          [i] {
            for (int k = 0; k < 20; ++k) {
              burrow::go([k] {
                burrow::sleep_for(k % 2 == 0 ? std::chrono::hours::max() : 1h);
              });
              // Due about when the run ends, or in the middle of the next one.
              burrow::go([k] {
                for (;;)
                  burrow::sleep_for(std::chrono::microseconds(1 + 9 * k));
              });
            }
            for (int k = 0; k < i; ++k) burrow::yield();
            return 7;
          },
          {.maxprocs = procs});
      ASSERT_EQ(result, 7);
    }
  }
}

}  // namespace
