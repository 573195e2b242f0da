// tests/context_life_test.cc - what keeps contexts alive, and what frees them.

#include <chrono>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "burrow/context.h"
#include "tests/support/contexttest.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow::testsupport;
using namespace std::chrono_literals;
using burrow::background;
using burrow::context;
using burrow::errc;

GO_TEST(Context, DoneOutlivesItsContexts) {
  burrow::with_timeout(background(), 1ms).first.done().recv();
  burrow::with_cancel(burrow::with_timeout(background(), 1ms).first)
      .first.done()
      .recv();
  auto [parent, cancel] = burrow::with_cancel(background());
  const auto done = burrow::with_cancel(parent).first.done();
  const auto deep =
      burrow::with_cancel(burrow::with_cancel(parent).first).first.done();
  EXPECT_FALSE(isclosed(done));
  cancel();
  EXPECT_TRUE(isclosed(done));
  EXPECT_TRUE(isclosed(deep));
  await_others();
}

GO_TEST(Context, DroppedChildrenFreeWhatTheyHave) {
  auto [parent, cancel] = burrow::with_cancel(background());
  std::vector<std::weak_ptr<int>> weak;
  {
    std::vector<context> kept;
    for (int i = 0; i < 10'000; ++i) {
      auto live = std::make_shared<int>(i);
      weak.push_back(live);
      auto child = burrow::with_cancel(burrow::with_value(parent, 1, live));
      if (i % 3 == 0) child.first.done();  // asked for, but nobody has it
      if (i % 5 == 0) child.first = burrow::with_cancel(child.first).first;
      kept.push_back(child.first);
    }
    EXPECT_TRUE(haschildren(parent));
  }
  EXPECT_FALSE(haschildren(parent));
  for (const auto& w : weak) ASSERT_TRUE(w.expired());
  expectlive(parent);
}

// Nothing can cancel these any more, so nothing keeps them.
GO_TEST(Context, UnreachableTreesAreFreed) {
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  burrow::recv_chan<burrow::unit> done;
  {
    auto root = burrow::with_cancel(burrow::with_value(background(), 1, 1));
    auto child = burrow::with_cancel(root.first);
    auto grandchild = burrow::with_cancel(child.first);
    done = grandchild.first.done();
    burrow::after_func(grandchild.first, [live = std::move(live)] {});
  }
  EXPECT_TRUE(weak.expired());
  EXPECT_FALSE(isclosed(done));
}

GO_TEST(Context, TenThousandChildrenLeaveNoGoroutineBehind) {
  const int before = burrow::num_goroutine();
  auto [parent, cancel] = burrow::with_cancel(background());
  std::vector<context> children;
  for (int i = 0; i < 10'000; ++i) {
    children.push_back(i % 2 == 0 ? burrow::with_cancel(parent).first
                                  : burrow::with_timeout(parent, 1h).first);
  }
  EXPECT_EQ(burrow::num_goroutine(), before);
  cancel();
  for (const context& c : children)
    expectended(c, errc::canceled, errc::canceled);
  EXPECT_EQ(burrow::num_goroutine(), before);
}

GO_TEST(Context, AHundredThousandDeep) {
  auto [root, cancel] = burrow::with_cancel(background());
  context ctx = root;
  for (int i = 0; i < 100'000; ++i) ctx = burrow::with_cancel(ctx).first;
  const auto done = ctx.done();
  cancel();  // no recursion
  EXPECT_TRUE(isclosed(done));
  ctx = {};

  context other = burrow::with_cancel(background()).first;
  for (int i = 0; i < 100'000; ++i) other = burrow::with_cancel(other).first;
  const auto kept = other.done();
  other = {};  // here neither, and nothing is left to close it
  EXPECT_FALSE(isclosed(kept));
}

TEST(Context, OutlivesItsRun) {
  for (const int procs : {1, 2, 8}) {
    context ctx, child;
    burrow::cancel_func cancel;
    burrow::recv_chan<burrow::unit> done;
    burrow::run(
        [&] {
          std::tie(ctx, cancel) = burrow::with_timeout(background(), 1h);
          child = burrow::with_cancel(ctx).first;
          done = child.done();
          burrow::go([&] { done.recv(); });  // never returns
          burrow::yield();
        },
        {.maxprocs = procs});
    expectlive(child);
    cancel();
    expectended(child, errc::canceled, errc::canceled);
  }
}

}  // namespace
