// tests/context_race_test.cc - contexts cancelled, made and dropped at once.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <random>
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

// meet returns when n goroutines have called it.
void meet(std::atomic<int>& arrived, int n) {
  for (++arrived; arrived < n;) burrow::yield();
}

GO_TEST(Context, SimultaneousCancels) {
  auto [root, cancelroot] = burrow::with_cancel(background());
  std::vector<std::pair<context, burrow::cancel_func>> all{{root, cancelroot}};
  for (std::size_t i = 0; i < 100; ++i)
    all.push_back(burrow::with_cancel(all[i / 2].first));
  std::atomic<int> wrong{0};
  burrow::wait_group wg;
  for (std::size_t i = 0; i < all.size(); ++i) {
    wg.go([&, i] {
      all[i].second();
      // All below i is cancelled when cancel has returned, by whomever.
      for (std::size_t k = i; k < all.size(); k = 2 * k + 1)
        if (all[k].first.err() != errc::canceled) ++wrong;
    });
    wg.go([&, i] {
      all[i].first.done().recv();
      if (all[i].first.err() != errc::canceled) ++wrong;
    });
  }
  wg.wait();
  EXPECT_EQ(wrong, 0);
}

// Whoever else is at it: when cancel has returned, all below is cancelled.
GO_TEST(Context, CancelWaitsForACancellerFurtherDown) {
  std::atomic<int> wrong{0};
  for (int round = 0; round < 300; ++round) {
    auto [root, cancelroot] = burrow::with_cancel(background());
    auto [child, cancelchild] = burrow::with_cancel(root);
    std::vector<context> below{child};
    for (std::size_t i = 0; i < 50; ++i)
      below.push_back(burrow::with_cancel(below[i / 2]).first);
    std::atomic<int> arrived{0};
    burrow::wait_group wg;
    wg.go([&, cancel = cancelchild] {
      meet(arrived, 2);
      cancel();
    });
    wg.go([&, cancel = cancelroot] {
      meet(arrived, 2);
      cancel();
      for (const context& c : below)
        if (c.err() != errc::canceled) ++wrong;
    });
    wg.wait();
  }
  EXPECT_EQ(wrong, 0);
}

GO_TEST(Context, ErrIsSetExactlyIfDoneIsClosed) {
  std::atomic<int> wrong{0};
  for (int i = 0; i < 300; ++i) {
    auto [ctx, cancel] = burrow::with_cancel(background());
    burrow::wait_group wg;
    wg.go([&, c = ctx] {
      const auto done = c.done();
      while (!c.err()) burrow::yield();
      if (!isclosed(done)) ++wrong;
    });
    wg.go([&, c = ctx] {
      c.done().recv();
      if (!c.err() || !c.cause()) ++wrong;
    });
    if (i % 2 == 0) burrow::yield();
    cancel();
    wg.wait();
  }
  EXPECT_EQ(wrong, 0);
}

GO_TEST(Context, ChildrenMadeWhileTheParentIsCancelled) {
  for (int i = 0; i < 200; ++i) {
    auto [parent, cancel] = burrow::with_cancel(background());
    burrow::wait_group wg;
    for (int k = 0; k < 4; ++k) {
      wg.go([p = parent] {
        for (int n = 0; n < 20; ++n) {
          auto a = burrow::with_cancel(p).first;
          auto b = burrow::with_timeout(a, 1h).first;
          auto d = burrow::with_cancel(b).first.done();
          burrow::after_func(a, [] {});
          if (n == 19) d.recv();
        }
      });
    }
    for (int k = i % 8; k > 0; --k) burrow::yield();
    cancel();
    wg.wait();
  }
  await_others();
}

GO_TEST(Context, TimersAgainstCancelsAndDrops) {
  std::mt19937 rng(7);
  for (int i = 0; i < 2000; ++i) {
    auto parent = burrow::with_timeout(background(),
                                       std::chrono::microseconds(rng() % 50));
    auto child = burrow::with_timeout(parent.first,
                                      std::chrono::microseconds(rng() % 50));
    const auto done = child.first.done();
    if (i % 4 == 0) burrow::go([c = parent.second] { c(); });
    if (i % 4 == 1) child.second();
    if (i % 4 == 2) child = {};
    if (i % 3 == 0) parent = {};
    done.recv();
  }
  await_others();
}

}  // namespace
