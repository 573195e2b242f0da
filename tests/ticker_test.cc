// tests/ticker_test.cc - tickers and tick.

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "runtime/sched/timerhooks.h"
#include "runtime/time/timers.h"
#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::testsupport::panictext;
using steady = std::chrono::steady_clock;

static_assert(!std::is_copy_constructible_v<burrow::ticker>);
static_assert(std::is_nothrow_move_constructible_v<burrow::ticker>);

GO_TEST(Ticker, TicksAtItsIntervalAndNeverEarly) {
  const auto start = steady::now();
  burrow::ticker t{2ms};
  auto last = start;
  std::optional<burrow::time_point> first;
  for (int i = 1; i <= 5; ++i) {
    const burrow::time_point at = t.c().recv().value();
    EXPECT_GE(at, start + i * 2ms);
    EXPECT_GE(steady::now(), at);
    EXPECT_GT(at, last);
    if (!first) first = at;
    EXPECT_EQ((at - *first) % 2ms, 0ns);  // missed ones leave no drift
    last = at;
  }
}

GO_TEST(Ticker, DropsTicksForASlowReceiver) {
  burrow::ticker t{2ms};
  burrow::sleep_for(100ms);  // 50 ticks
  int waiting = 0;
  while (t.c().try_recv()) ++waiting;
  EXPECT_LT(waiting, 10);
  EXPECT_TRUE(t.c().recv());  // and it goes on
}

GO_TEST(Ticker, ChannelLooksUnbuffered) {
  burrow::ticker t{1us};
  t.c().recv();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(t.c().len(), 0u);
    EXPECT_EQ(t.c().cap(), 0u);
    burrow::yield();
  }
}

GO_TEST(Ticker, NothingIsReceivedAfterStop) {
  for (int i = 0; i < 300; ++i) {
    burrow::ticker t{std::chrono::microseconds(1 + i % 20)};
    if (i % 3 != 0) t.c().recv();
    for (int k = 0; k < i % 5; ++k) burrow::yield();
    t.stop();
    ASSERT_FALSE(t.c().try_recv());
    burrow::sleep_for(50us);
    ASSERT_FALSE(t.c().try_recv());
    t.stop();  // harmless
  }
}

GO_TEST(Ticker, StopDoesNotClose) {
  burrow::ticker t{1ms};
  t.stop();
  int which = -1;
  burrow::select(burrow::recv(t.c(), [&] { which = 0; }),
                 burrow::recv(burrow::after(5ms), [&] { which = 1; }));
  EXPECT_EQ(which, 1);
}

GO_TEST(Ticker, ResetChangesTheInterval) {
  burrow::ticker t{1h};
  t.reset(1ms);
  t.c().recv();
  t.c().recv();
  const auto start = steady::now();
  t.reset(20ms);  // drops a tick that is waiting
  EXPECT_GE(t.c().recv().value(), start + 20ms);
}

GO_TEST(Ticker, ResetRestartsAStoppedOne) {
  burrow::ticker t{1h};
  t.stop();
  t.reset(1ms);
  EXPECT_TRUE(t.c().recv());
}

GO_TEST(Ticker, NonPositiveIntervals) {
  EXPECT_EQ(panictext([] { burrow::ticker t{0s}; }),
            "non-positive interval for NewTicker");
  EXPECT_EQ(panictext([] { burrow::ticker t{-1s}; }),
            "non-positive interval for NewTicker");
  burrow::ticker t{1h};
  EXPECT_EQ(panictext([&] { t.reset(0s); }),
            "non-positive interval for Ticker.Reset");
  EXPECT_FALSE(burrow::tick(0s));
  EXPECT_FALSE(burrow::tick(-1s));
}

GO_TEST(Ticker, MovedFrom) {
  burrow::ticker a{1ms};
  burrow::ticker b = std::move(a);
  EXPECT_TRUE(b.c().recv());
  EXPECT_FALSE(a.c());  // NOLINT: that is the point
  a.stop();
  EXPECT_EQ(panictext([&] { a.reset(1s); }),
            "time: Reset called on uninitialized Ticker");
  const auto old = b.c();
  b = burrow::ticker(1h);  // stops the one it had
  EXPECT_FALSE(old.try_recv());
}

GO_TEST(Ticker, DestructorStops) {
  burrow::recv_chan<burrow::time_point> c;
  {
    burrow::ticker t{1us};
    c = t.c();
    c.recv();
  }
  EXPECT_FALSE(c.try_recv());
  burrow::sleep_for(1ms);
  EXPECT_FALSE(c.try_recv());
}

GO_TEST(Ticker, TickTicks) {
  const auto start = steady::now();
  const auto c = burrow::tick(1ms);
  c.recv();
  EXPECT_GE(c.recv().value(), start + 2ms);
}

GO_TEST(Ticker, ATickThatNobodyHasEnds) {
  for (int i = 0; i < 10'000; ++i) burrow::tick(1ms);
  for (int i = 0; i < 10'000; ++i) burrow::tick(1h);
  EXPECT_LT(burrow::rt::mytimers()->len, 1000u);
}

GO_TEST(Ticker, ManyAtOnce) {
  std::atomic<int> ticks{0};
  burrow::wait_group wg;
  for (int i = 0; i < 100; ++i) {
    wg.go([&, i] {
      burrow::ticker t{std::chrono::microseconds(100 + i)};
      for (int k = 0; k < 10; ++k) {
        t.c().recv();
        ++ticks;
        if (k == 5) t.reset(std::chrono::microseconds(200 + i));
      }
    });
  }
  wg.wait();
  EXPECT_EQ(ticks, 1000);
}

}  // namespace
