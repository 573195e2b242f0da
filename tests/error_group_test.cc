// tests/error_group_test.cc - first error, cancellation, limits.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

#include "burrow/defer.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

static_assert(!std::is_copy_constructible_v<error_group>);
static_assert(std::is_nothrow_move_constructible_v<error_group>);

// The code with which a wait throws; no error if it does not.
std::error_code codeof(error_group& g) {
  try {
    g.wait();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

GO_TEST(ErrorGroup, WithoutErrorsWaitReturns) {
  error_group g;
  g.wait();
  std::atomic<int> n{0};
  for (int i = 0; i < 20; ++i) g.go([&] { ++n; });
  g.wait();
  EXPECT_EQ(n.load(), 20);
  g.go([&] {
    ++n;
    return std::error_code();
  });
  g.wait();
  EXPECT_EQ(n.load(), 21);
}

GO_TEST(ErrorGroup, WaitRethrowsTheFirstErrorEachTime) {
  error_group g;
  std::atomic<bool> failed{false};
  g.go([&] {
    defer d{[&] { failed = true; }};
    throw std::runtime_error("first");
  });
  while (!failed.load()) yield();
  settle();
  g.go([] { return std::make_error_code(std::errc::io_error); });
  for (int i = 0; i < 2; ++i) {
    try {
      g.wait();
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      // The second may have been noted first where the first was held up.
      if (dynamic_cast<const std::system_error*>(&e) == nullptr) {
        EXPECT_STREQ(e.what(), "first");
      }
    }
  }
}

GO_TEST(ErrorGroup, AnErrorCodeArrivesAsSystemError) {
  error_group g;
  g.go([] { return std::make_error_code(std::errc::io_error); });
  EXPECT_EQ(codeof(g), std::errc::io_error);
}

GO_TEST(ErrorGroup, AnErrorCancelsTheContextWithItsCode) {
  auto [g, ctx] = error_group::with_context(background());
  g.go([] { return std::make_error_code(std::errc::io_error); });
  g.go([ctx = ctx] { ctx.done().recv(); });
  EXPECT_EQ(codeof(g), std::errc::io_error);
  EXPECT_EQ(ctx.err(), errc::canceled);
  EXPECT_EQ(ctx.cause(), std::errc::io_error);
}

GO_TEST(ErrorGroup, WaitCancelsTheContext) {
  auto [g, ctx] = error_group::with_context(background());
  g.go([] {});
  EXPECT_FALSE(ctx.err());
  g.wait();
  EXPECT_EQ(ctx.err(), errc::canceled);
  EXPECT_EQ(ctx.cause(), errc::canceled);
}

GO_TEST(ErrorGroup, AGoroutineThatEndsByGoexitHasNotFailed) {
  error_group g;
  g.go([] { goexit(); });
  g.wait();
}

GO_TEST(ErrorGroup, NoMoreThanTheLimitAreActive) {
  for (const int limit : {1, 2, 5}) {
    error_group g;
    g.set_limit(limit);
    std::atomic<int> active{0};
    std::atomic<int> n{0};
    for (int i = 0; i < 100; ++i) {
      g.go([&] {
        if (++active > limit) ADD_FAILURE() << "over the limit";
        yield();
        --active;
        ++n;
      });
    }
    g.wait();
    EXPECT_EQ(n.load(), 100);
  }
}

GO_TEST(ErrorGroup, TryGoFailsAtTheLimit) {
  error_group g;
  auto hold = make_chan<unit>();
  g.set_limit(1);
  EXPECT_TRUE(g.try_go([=] { hold.recv(); }));
  EXPECT_FALSE(g.try_go([] {}));
  hold.close();
  g.wait();
  EXPECT_TRUE(g.try_go([] {}));
  g.wait();
  g.set_limit(0);
  EXPECT_FALSE(g.try_go([] {}));
  g.set_limit(-1);
  EXPECT_TRUE(g.try_go([] {}));
  g.wait();
}

GO_TEST(ErrorGroup, SetLimitWhileOneIsActivePanics) {
  error_group g;
  auto hold = make_chan<unit>();
  g.go([=] { hold.recv(); });
  EXPECT_EQ(panictext([&] { g.set_limit(3); }),
            "errgroup: modify limit while 1 goroutines in the group are still "
            "active");
  hold.close();
  g.wait();
  g.set_limit(3);
}

GO_TEST(ErrorGroup, MayBeDroppedWhileItsGoroutinesRun) {
  auto hold = make_chan<unit>();
  wait_group wg;
  {
    error_group g;
    for (int i = 0; i < 4; ++i) {
      wg.add(1);
      g.go([=, &wg] {
        hold.recv();
        wg.done();
      });
    }
    error_group moved(std::move(g));
  }
  hold.close();
  wg.wait();
}

GO_TEST(ErrorGroup, WaitReturnsWhenWhatTheFunctionsOwnIsGone) {
  for (int i = 0; i < 50; ++i) {
    error_group g;
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = owned;
    g.go([owned = std::move(owned)] { throw std::runtime_error("x"); });
    EXPECT_THROW(g.wait(), std::runtime_error);
    ASSERT_TRUE(watch.expired());
  }
}

GO_TEST(ErrorGroup, GoroutinesAndThreadsMayCallGo) {
  error_group g;
  g.set_limit(3);
  std::atomic<int> n{0};
  on_all(4, 2, [&](int) {
    for (int i = 0; i < 50; ++i) g.go([&] { ++n; });
  });
  g.wait();
  EXPECT_EQ(n.load(), 300);
}

TEST(ErrorGroup, GoOutsideARunThrowsAndCountsNothing) {
  error_group g;
  EXPECT_THROW(g.go([] {}), std::logic_error);
  g.wait();
}

}  // namespace
}  // namespace burrow
