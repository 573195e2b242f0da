// tests/timer_test.cc - the heaps, timers, after and after_func.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/sched/timerhooks.h"
#include "runtime/time/heap.h"
#include "runtime/time/timers.h"
#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::rt::timerentry;
using burrow::testsupport::await_others;
using burrow::testsupport::panictext;
using steady = std::chrono::steady_clock;

// ---- the heap ---------------------------------------------------------------

constexpr burrow::rt::timerops kNoOps = {};

timerentry entry(burrow::rt::timer& t, std::int64_t when) {
  return {when, reinterpret_cast<std::uintptr_t>(&t)};
}

void expectsound(const burrow::rt::timers& ts) {
  for (std::uint32_t i = 0; i < ts.len; ++i) {
    const std::uint32_t parent = i == 0 ? 0 : (i - 1) / 4;
    ASSERT_LE(ts.heap[parent].when, ts.heap[i].when) << i;
    ASSERT_EQ(burrow::rt::timerof(ts.heap[i])->index, i);
  }
  ASSERT_EQ(ts.minwhen(), ts.len == 0 ? 0 : ts.heap[0].when);
}

TEST(TimerHeap, RandomPushesAndRemovalsKeepItSound) {
  std::mt19937 rng(1);
  std::vector<std::unique_ptr<burrow::rt::timer>> all;
  for (int i = 0; i < 300; ++i)
    all.push_back(std::make_unique<burrow::rt::timer>(&kNoOps));
  burrow::rt::timers ts;
  std::vector<burrow::rt::timer*> out, in;
  for (const auto& t : all) out.push_back(t.get());
  for (int step = 0; step < 5000; ++step) {
    const bool push = in.empty() || (!out.empty() && rng() % 2 == 0);
    auto& from = push ? out : in;
    auto& to = push ? in : out;
    std::swap(from[rng() % from.size()], from.back());
    burrow::rt::timer* t = from.back();
    from.pop_back();
    to.push_back(t);
    if (push) {
      burrow::rt::heapgrow(ts, ts.len + 1);
      burrow::rt::heappush(ts, entry(*t, 1 + rng() % 100));
    } else {
      burrow::rt::heapremove(ts, t->index);
    }
    ASSERT_EQ(ts.len, in.size());
    expectsound(ts);
  }
}

TEST(TimerHeap, PopsInOrder) {
  std::mt19937_64 rng(2);
  std::vector<std::unique_ptr<burrow::rt::timer>> all;
  burrow::rt::timers ts;
  std::vector<std::int64_t> whens;
  for (int i = 0; i < 3000; ++i) {
    all.push_back(std::make_unique<burrow::rt::timer>(&kNoOps));
    whens.push_back(static_cast<std::int64_t>(rng() >> 2) + 1);
    burrow::rt::heapgrow(ts, ts.len + 1);
    burrow::rt::heappush(ts, entry(*all.back(), whens.back()));
  }
  expectsound(ts);
  burrow::rt::heapify(ts);
  expectsound(ts);
  std::sort(whens.begin(), whens.end());
  for (const std::int64_t w : whens) {
    ASSERT_EQ(ts.heap[0].when, w);
    burrow::rt::heapremove(ts, 0);
  }
  EXPECT_EQ(ts.len, 0u);
}

// ---- firing -----------------------------------------------------------------

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

// ---- stop and reset ---------------------------------------------------------

GO_TEST(Timer, StopBeforeItFires) {
  burrow::timer t{1h};
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.stop());
  EXPECT_FALSE(t.c().try_recv());
}

GO_TEST(Timer, StopAfterTheValueWasReceived) {
  burrow::timer t{0s};
  t.c().recv();
  EXPECT_FALSE(t.stop());
}

GO_TEST(Timer, AnUnreceivedValueIsDiscardedAndCountsAsPending) {
  burrow::timer t{0s};
  burrow::sleep_for(2ms);  // fired by now, or not: no difference
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.c().try_recv());

  t.reset(0s);
  burrow::sleep_for(2ms);
  const auto start = steady::now();
  EXPECT_TRUE(t.reset(3ms));
  EXPECT_GE(t.c().recv().value(), start + 3ms);
}

GO_TEST(Timer, Reset) {
  burrow::timer t{1h};
  EXPECT_TRUE(t.reset(1ms));
  t.c().recv();
  EXPECT_FALSE(t.reset(1ms));  // had fired
  t.c().recv();
  EXPECT_FALSE(t.reset(1h));
  EXPECT_TRUE(t.stop());
  EXPECT_FALSE(t.reset(1ms));  // was stopped
  t.c().recv();
}

GO_TEST(Timer, Nil) {
  burrow::timer t;
  EXPECT_FALSE(t);
  EXPECT_FALSE(t.c());
  EXPECT_EQ(panictext([&] { t.stop(); }),
            "time: Stop called on uninitialized Timer");
  EXPECT_EQ(panictext([&] { t.reset(1s); }),
            "time: Reset called on uninitialized Timer");
  burrow::timer u{1h};
  EXPECT_TRUE(u);
  t = std::move(u);
  EXPECT_EQ(panictext([&] { u.stop(); }),  // NOLINT: that is the point
            "time: Stop called on uninitialized Timer");
  EXPECT_TRUE(t.stop());
}

GO_TEST(Timer, HandlesShareTheTimer) {
  burrow::timer t{1h};
  const burrow::timer u = t;
  EXPECT_EQ(t.c(), u.c());
  EXPECT_TRUE(u.stop());
  EXPECT_FALSE(t.stop());
}

GO_TEST(Timer, DroppingTheHandleDoesNotStopIt) {
  const auto c = burrow::timer(1ms).c();
  EXPECT_TRUE(c.recv());
  auto ran = burrow::make_chan<burrow::unit>();
  burrow::after_func(1ms, [ran] { ran.close(); });
  ran.recv();
  await_others();
}

// After stop or reset no value of an earlier start is received, whatever the
// moment. This is the race of stop with the firing itself.
GO_TEST(Timer, NoStaleValueAfterStopOrReset) {
  std::mt19937 rng(3);
  burrow::timer t{1h};
  for (int i = 0; i < 3000; ++i) {
    t.reset(std::chrono::microseconds(rng() % 30));
    for (unsigned k = rng() % 4; k > 0; --k) burrow::yield();
    if (i % 16 == 0) burrow::sleep_for(20us);
    if (i % 2 == 0) {
      t.stop();
    } else {
      t.reset(1h);
    }
    ASSERT_FALSE(t.c().try_recv()) << i;
  }
}

// Each start is either received or stopped, never both, never neither.
GO_TEST(Timer, StopReturnsTrueExactlyIfNobodyReceives) {
  std::mt19937 rng(4);
  for (int i = 0; i < 2000; ++i) {
    burrow::timer t{std::chrono::microseconds(rng() % 40)};
    auto quit = burrow::make_chan<burrow::unit>();
    auto ended = burrow::make_chan<bool>(1);
    burrow::go([=] {
      bool got = false;
      burrow::select(burrow::recv(t.c(), [&] { got = true; }),
                     burrow::recv(quit));
      ended.send(got);
    });
    for (unsigned k = rng() % 8; k > 0; --k) burrow::yield();
    if (i % 8 == 0) burrow::sleep_for(20us);
    const bool stopped = t.stop();
    quit.close();
    const bool got = ended.recv().value();
    ASSERT_NE(stopped, got) << i;
  }
  await_others();
}

GO_TEST(Timer, OneTimerStoppedAndResetByMany) {
  burrow::timer t{1h};
  burrow::wait_group wg;
  auto quit = burrow::make_chan<burrow::unit>();
  burrow::go([=] {
    for (bool on = true; on;)
      burrow::select(burrow::recv(t.c()),
                     burrow::recv(quit, [&] { on = false; }));
  });
  for (int i = 0; i < 8; ++i) {
    wg.go([&, i] {
      for (int k = 0; k < 2000; ++k) {
        if ((k + i) % 3 == 0) {
          t.stop();
        } else {
          t.reset(std::chrono::microseconds(k % 5));
        }
        if (k % 64 == 0) burrow::yield();
      }
    });
  }
  wg.wait();
  t.stop();
  EXPECT_FALSE(t.stop());
  quit.close();
  await_others();
}

GO_TEST(Timer, DroppedWhileItFires) {
  std::mt19937 rng(5);
  for (int i = 0; i < 5000; ++i) {
    burrow::timer t{std::chrono::microseconds(rng() % 10)};
    if (i % 2 == 0) burrow::yield();
    if (i % 3 == 0) t.stop();
    if (i % 5 == 0) burrow::after(std::chrono::microseconds(rng() % 10));
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

// ---- after_func -------------------------------------------------------------

GO_TEST(AfterFunc, RunsInAGoroutineOfItsOwn) {
  auto id = burrow::make_chan<std::uint64_t>();
  auto t = burrow::after_func(1ms, [id] { id.send(burrow::goid()); });
  EXPECT_FALSE(t.c());
  const std::uint64_t ran = id.recv().value();
  EXPECT_NE(ran, 0u);
  EXPECT_NE(ran, burrow::goid());
  EXPECT_FALSE(t.stop());
  await_others();
}

GO_TEST(AfterFunc, ResetRunsItAgain) {
  auto ran = burrow::make_chan<burrow::unit>();
  auto t = burrow::after_func(1h, [ran] { ran.send({}); });
  EXPECT_TRUE(t.reset(0s));
  for (int i = 0; i < 100; ++i) {
    ran.recv();
    EXPECT_FALSE(t.reset(std::chrono::microseconds(i)));
  }
  ran.recv();
  await_others();
}

GO_TEST(AfterFunc, AFunctionMayStartTheNext) {
  auto done = burrow::make_chan<burrow::unit>();
  std::function<void(int)> step = [&](int left) {
    if (left == 0) return done.close();
    burrow::after_func(0s, [&step, left] { step(left - 1); });
  };
  step(100);
  done.recv();
  await_others();
}

GO_TEST(AfterFunc, MoveOnlyFunctions) {
  auto c = burrow::make_chan<int>();
  auto p = std::make_unique<int>(42);
  burrow::after_func(0s, [c, p = std::move(p)] { c.send(*p); });
  EXPECT_EQ(c.recv(), 42);
  await_others();
}

GO_TEST(AfterFunc, StopReturnsTrueExactlyIfItDoesNotRun) {
  std::mt19937 rng(6);
  for (int i = 0; i < 3000; ++i) {
    auto ran = burrow::make_chan<burrow::unit>(1);
    auto t = burrow::after_func(std::chrono::microseconds(rng() % 20),
                                [ran] { ran.send({}); });
    for (unsigned k = rng() % 4; k > 0; --k) burrow::yield();
    if (i % 16 == 0) burrow::sleep_for(20us);
    if (t.stop()) {
      burrow::yield();
      ASSERT_EQ(ran.len(), 0u);
    } else {
      ran.recv();
    }
  }
  await_others();
}

GO_TEST(AfterFunc, Stress) {
  std::atomic<int> runs{0};
  burrow::wait_group wg;
  for (int i = 0; i < 100; ++i) {
    wg.go([&] {
      for (int k = 0; k < 100; ++k) {
        wg.add(1);
        burrow::after_func(std::chrono::microseconds(k), [&] {
          ++runs;
          wg.done();
        });
        burrow::after_func(1h, [&] { runs = -1'000'000; }).stop();
      }
    });
  }
  wg.wait();
  EXPECT_EQ(runs, 10'000);
  await_others();
}

GO_TEST(AfterFunc, FunctionIsDestroyedWithTheTimer) {
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  {
    auto t = burrow::after_func(1h, [live = std::move(live)] { (void)*live; });
    EXPECT_FALSE(weak.expired());
    t.stop();
    EXPECT_FALSE(weak.expired());  // it can be reset
  }
  EXPECT_TRUE(weak.expired());

  auto ran = burrow::make_chan<burrow::unit>();
  live = std::make_shared<int>();
  const std::weak_ptr<int> fired = live;
  burrow::after_func(0s, [ran, live = std::move(live)] { ran.close(); });
  ran.recv();
  while (!fired.expired()) burrow::yield();
}

// ---- garbage, runs, threads -------------------------------------------------

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

}  // namespace
