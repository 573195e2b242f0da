// tests/context_after_func_test.cc - functions that a cancelled context starts.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "burrow/context.h"
#include "tests/support/contexttest.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow::testsupport;
using namespace std::chrono_literals;
using burrow::background;

GO_TEST(ContextAfterFunc, RunsOnceWhenCancelled) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  auto id = burrow::make_chan<std::uint64_t>(2);
  auto stop = burrow::after_func(burrow::with_value(ctx, 1, 1),
                                 [id] { id.send(burrow::goid()); });
  EXPECT_EQ(id.len(), 0u);
  cancel();
  cancel();
  EXPECT_NE(id.recv().value(), burrow::goid());
  EXPECT_FALSE(stop());
  burrow::yield();
  EXPECT_EQ(id.len(), 0u);
  await_others();
}

GO_TEST(ContextAfterFunc, RunsAtOnceIfAlreadyCancelled) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  cancel();
  auto ran = burrow::make_chan<burrow::unit>();
  auto stop = burrow::after_func(ctx, [ran] { ran.close(); });
  ran.recv();
  EXPECT_FALSE(stop());
  await_others();
}

GO_TEST(ContextAfterFunc, Stop) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  std::atomic<bool> ran{false};
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  auto stop = burrow::after_func(
      ctx, [&ran, live = std::move(live)] { ran = *live == 0; });
  auto copy = stop;
  EXPECT_TRUE(stop());
  EXPECT_FALSE(copy());
  EXPECT_FALSE(haschildren(ctx));
  stop = copy = {};
  EXPECT_TRUE(weak.expired());
  cancel();
  burrow::yield();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(burrow::after_func_stop()());
}

GO_TEST(ContextAfterFunc, OfTheBackgroundNeverRuns) {
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  {
    auto stop = burrow::after_func(background(), [live] { (void)*live; });
    live = nullptr;
    EXPECT_TRUE(stop());
    EXPECT_FALSE(stop());
  }
  EXPECT_TRUE(weak.expired());
}

GO_TEST(ContextAfterFunc, DroppingStopAndContextsDoesNotStopIt) {
  auto ran = burrow::make_chan<burrow::unit>();
  {
    auto [ctx, cancel] = burrow::with_cancel(background());
    burrow::after_func(ctx, [ran] { ran.close(); });
    cancel();
  }
  ran.recv();
  auto late = burrow::make_chan<burrow::unit>();
  burrow::after_func(burrow::with_timeout(background(), 1ms).first,
                     [late] { late.close(); });
  late.recv();
  await_others();
}

GO_TEST(ContextAfterFunc, StopReturnsTrueExactlyIfItDoesNotRun) {
  for (int i = 0; i < 1000; ++i) {
    auto [ctx, cancel] = burrow::with_cancel(background());
    auto ran = burrow::make_chan<burrow::unit>(1);
    auto stop = burrow::after_func(ctx, [ran] { ran.send({}); });
    burrow::go([cancel = cancel] { cancel(); });
    for (int k = i % 4; k > 0; --k) burrow::yield();
    if (stop()) {
      ctx.done().recv();
      burrow::yield();
      ASSERT_EQ(ran.len(), 0u);
    } else {
      ran.recv();
    }
  }
  await_others();
}

}  // namespace
