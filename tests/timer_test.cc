// tests/timer_test.cc - timers and after: firing, lifetime, threads.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/sched/timerhooks.h"
#include "runtime/time/timers.h"
#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::testsupport::await_others;
using steady = std::chrono::steady_clock;

GO_TEST(Timer, SendsTheTimeItWasDue) {
  const auto start = steady::now();
  burrow::timer t{3ms};
  const auto latest = steady::now() + 3ms;
  const burrow::time_point at = t.c().recv().value();
  EXPECT_GE(steady::now(), start + 3ms);
  EXPECT_GE(at, start + 3ms);
  EXPECT_LE(at, latest);
}

GO_TEST(Timer, FiresOnce) {
  burrow::timer t{1us};
  t.c().recv();
  burrow::sleep_for(2ms);
  EXPECT_FALSE(t.c().try_recv());
}

GO_TEST(Timer, ZeroAndNegativeFireAtOnce) {
  for (const auto d : {0s, -1s, std::chrono::seconds::min()}) {
    EXPECT_TRUE(burrow::timer{d}.c().recv());
    EXPECT_TRUE(burrow::after(d).recv());
    auto ran = burrow::make_chan<burrow::unit>();
    burrow::after_func(d, [ran] { ran.close(); });
    ran.recv();
  }
  await_others();
}

GO_TEST(Timer, OverflowIsForEver) {
  burrow::timer t{std::chrono::hours::max()};
  burrow::timer u{std::chrono::nanoseconds::max()};
  burrow::select(burrow::recv(t.c()), burrow::recv(u.c()),
                 burrow::recv(burrow::after(5ms)));
  EXPECT_TRUE(t.stop());
  EXPECT_TRUE(u.reset(std::chrono::duration<double>(1e30)));
  EXPECT_TRUE(u.reset(1us));
  EXPECT_TRUE(u.c().recv());
}

GO_TEST(Timer, ChannelLooksUnbuffered) {
  burrow::timer t{0s};
  for (int i = 0; i < 100; ++i) {  // fired or not
    EXPECT_EQ(t.c().len(), 0u);
    EXPECT_EQ(t.c().cap(), 0u);
    burrow::yield();
  }
  EXPECT_TRUE(t.c().recv());
}

GO_TEST(Timer, AfterInSelect) {
  int which = -1;
  burrow::select(burrow::recv(burrow::after(1h), [&] { which = 0; }),
                 burrow::recv(burrow::after(1ms), [&] { which = 1; }));
  EXPECT_EQ(which, 1);
}

GO_TEST(Timer, ManyFireInOrderOfTheirTimes) {
  // The values are deadlines; each receiver checks its own against the clock.
  std::atomic<int> wrong{0};
  burrow::wait_group wg;
  for (int i = 0; i < 2000; ++i) {
    wg.go([&, i] {
      const auto d = std::chrono::microseconds((i * 7919) % 10'000);
      const auto start = steady::now();
      const auto at = burrow::after(d).recv().value();
      if (at < start + d || steady::now() < at) ++wrong;
    });
  }
  wg.wait();
  EXPECT_EQ(wrong, 0);
}

// ---- garbage, runs, threads -------------------------------------------------

GO_TEST(Timer, DroppingTheHandleDoesNotStopIt) {
  const auto c = burrow::timer(1ms).c();
  EXPECT_TRUE(c.recv());
  auto ran = burrow::make_chan<burrow::unit>();
  burrow::after_func(1ms, [ran] { ran.close(); });
  ran.recv();
  await_others();
}

GO_TEST(Timer, AbandonedOnesDoNotPileUp) {
  for (int i = 0; i < 100'000; ++i) burrow::after(1h);
  EXPECT_LT(burrow::rt::mytimers()->len, 1000u);
  // But one that somebody may still receive from stays.
  std::vector<burrow::recv_chan<burrow::time_point>> kept;
  for (int i = 0; i < 1000; ++i) kept.push_back(burrow::after(2ms));
  for (int i = 0; i < 10'000; ++i) burrow::after(1h);
  for (const auto& c : kept) EXPECT_TRUE(c.recv());
}

TEST(Timer, OutsideARun) {
  EXPECT_THROW(burrow::timer{1s}, std::logic_error);
  EXPECT_THROW(burrow::after(1s), std::logic_error);
  EXPECT_THROW(burrow::tick(1s), std::logic_error);
  EXPECT_THROW(burrow::ticker{1s}, std::logic_error);
  auto live = std::make_shared<int>();
  EXPECT_THROW(burrow::after_func(1s, [live] {}), std::logic_error);
  EXPECT_EQ(live.use_count(), 1);
}

TEST(Timer, OutlivesItsRun) {
  for (const int procs : {1, 2, 8}) {
    burrow::timer t, f;
    std::weak_ptr<int> weak;
    bool ran = false;
    burrow::run(
        [&] {
          t = burrow::timer(1h);
          auto live = std::make_shared<int>();
          weak = live;
          f = burrow::after_func(1h, [live, &ran] { ran = true; });
          burrow::after_func(1h, [live] { (void)*live; });
        },
        {.maxprocs = procs});
    EXPECT_FALSE(t.stop());
    EXPECT_THROW(t.reset(1ms), std::logic_error);
    EXPECT_EQ(weak.use_count(), 1);  // f's; the other one went with the run
    burrow::run(
        [&] {
          EXPECT_FALSE(t.reset(1ms));
          EXPECT_TRUE(t.c().recv());
          EXPECT_FALSE(f.stop());
          f = {};
        },
        {.maxprocs = procs});
    EXPECT_TRUE(weak.expired());
    EXPECT_FALSE(ran);
  }
}

GO_TEST(Timer, TimersSurviveAChangeOfMaxprocs) {
  const int before = burrow::maxprocs();
  burrow::maxprocs(4);
  burrow::wait_group wg;
  std::atomic<int> stopped{0};
  for (int i = 0; i < 200; ++i) {
    wg.go([&] {
      burrow::timer one{5ms}, two{1h};
      one.c().recv();
      if (two.stop()) ++stopped;
    });
  }
  burrow::sleep_for(1ms);
  burrow::maxprocs(1);
  wg.wait();
  EXPECT_EQ(stopped, 200);
  burrow::maxprocs(before);
}

GO_TEST(Timer, OnForeignThreads) {
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  burrow::wait_group wg;
  wg.add(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        if (burrow::after(100us).recv()) ++good;
        burrow::timer t{1h};
        if (t.stop()) ++good;
      }
      wg.done();
    });
  }
  wg.wait();
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 400);
}

// Sleepers that want more time than there is overtake those that yield, but not for long:
// each yielder has its turn before every sleeper has had a few.
GO_TEST(Sleep, OvertakesThoseThatYieldNotForLong) {
  constexpr int kYielders = 3, kTurns = 20;
  const int sleepers = 8 * burrow::maxprocs(0);
  std::atomic<bool> stop{false};
  std::atomic<int> woken{0}, turns[kYielders] = {}, most[kYielders] = {};
  burrow::wait_group wg;
  for (int i = 0; i < kYielders; ++i)
    wg.go([&, i] {
      while (!stop) {
        const int before = woken;
        burrow::yield();
        if (++turns[i] > 1) most[i] = std::max<int>(most[i], woken - before);
      }
    });
  for (int i = 0; i < sleepers; ++i)
    wg.go([&] {
      while (!stop) {
        burrow::testsupport::compute(1ms);
        ++woken;
        burrow::sleep_for(100us);
      }
    });
  const auto all = [&] {
    for (const auto& n : turns)
      if (n < kTurns) return false;
    return true;
  };
  const auto end = steady::now() + 20s;
  while (!all() && steady::now() < end) burrow::sleep_for(5ms);
  EXPECT_TRUE(all());
  // With more ps, one may have no processor while others' sleepers are woken.
  if (burrow::maxprocs(0) == 1) {
    for (const auto& n : most) EXPECT_LT(n, 5 * sleepers);
  }
  stop = true;
  wg.wait();
}

}  // namespace
