// tests/after_func_test.cc - functions that a timer starts.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <utility>

#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::testsupport::await_others;

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

}  // namespace
