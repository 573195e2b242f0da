// tests/timer_stop_test.cc - stop and reset, and their races with the firing.

#include <chrono>
#include <random>
#include <utility>

#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::testsupport::await_others;
using burrow::testsupport::panictext;
using steady = std::chrono::steady_clock;

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

}  // namespace
