// tests/future_test.cc - async and future.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "burrow/future.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

static_assert(!std::is_copy_constructible_v<future<int>>);
static_assert(std::is_nothrow_move_constructible_v<future<int>>);

GO_TEST(Future, GetReturnsTheResult) {
  auto f = async([](int a, int b) { return a + b; }, 1, 2);
  static_assert(std::is_same_v<decltype(f), future<int>>);
  EXPECT_TRUE(f.valid());
  EXPECT_EQ(f.get(), 3);
  EXPECT_FALSE(f.valid());
}

GO_TEST(Future, TakesVoidReferencesAndMoveOnlyResults) {
  int n = 0;
  async([&] { n = 1; }).get();
  EXPECT_EQ(n, 1);
  EXPECT_EQ(&async([&]() -> int& { return n; }).get(), &n);
  EXPECT_EQ(*async([] { return std::make_unique<int>(7); }).get(), 7);
  auto arg = std::make_unique<int>(8);
  EXPECT_EQ(
      *async([](std::unique_ptr<int> p) { return p; }, std::move(arg)).get(),
      8);
}

GO_TEST(Future, GetWaitsForAResultThatIsLate) {
  auto hold = make_chan<unit>();
  auto f = async([=] {
    hold.recv();
    return std::string("late");
  });
  wait_group wg;
  wg.go([&] { EXPECT_EQ(f.get(), "late"); });
  settle();
  hold.close();
  wg.wait();
}

GO_TEST(Future, GetRethrows) {
  auto f = async([]() -> int { throw std::runtime_error("x"); });
  f.wait();
  EXPECT_TRUE(f.valid());
  EXPECT_THROW(f.get(), std::runtime_error);
  EXPECT_FALSE(f.valid());
}

GO_TEST(Future, ThereIsNoSecondGet) {
  auto f = async([] { return 1; });
  f.get();
  EXPECT_THROW(f.get(), std::logic_error);
  EXPECT_THROW(f.wait(), std::logic_error);
  EXPECT_THROW(f.done(), std::logic_error);
  future<void> none;
  EXPECT_THROW(none.get(), std::logic_error);
}

GO_TEST(Future, AGoexitIsAPanicForGet) {
  auto f = async([]() -> int { goexit(); });
  EXPECT_EQ(panictext([&] { f.get(); }),
            "future: the goroutine has ended by goexit");
}

GO_TEST(Future, DoneIsClosedAtTheEnd) {
  auto hold = make_chan<unit>();
  auto f = async([=] { hold.recv(); });
  auto done = f.done();
  EXPECT_TRUE(done == f.done());
  EXPECT_EQ(select(recv(done), otherwise()), 1u);
  hold.close();
  EXPECT_FALSE(done.recv());
  f.get();

  auto g = async([] {});
  g.wait();
  EXPECT_FALSE(g.done().recv());
  EXPECT_EQ(select(recv(g.done()), otherwise()), 0u);
}

GO_TEST(Future, DoneRacesWithTheEnd) {
  for (int i = 0; i < 500; ++i) {
    auto f = async([] {});
    on_all(2, 0, [&](int) { EXPECT_FALSE(f.done().recv()); });
    f.get();
  }
}

GO_TEST(Future, ADroppedResultIsDestroyed) {
  struct counted {
    explicit counted(std::atomic<int>& a) : alive(&a) { ++*alive; }
    counted(counted&& o) noexcept : alive(o.alive) { ++*alive; }
    ~counted() { --*alive; }
    std::atomic<int>* alive;
  };
  std::atomic<int> alive{0};
  for (int i = 0; i < 100; ++i) {
    {
      auto f = async([&] { return counted(alive); });
    }
    {
      auto f = async([&, c = counted(alive)] { throw 1; });
    }
    auto f = async([](counted c) { return c; }, counted(alive));
    if (i % 2 == 0) f.get();
    if (i % 3 == 0) f = {};
  }
  while (num_goroutine() > 1) yield();
  EXPECT_EQ(alive.load(), 0);
}

GO_TEST(Future, ArgumentsAreGoneWhenTheResultIsThere) {
  for (int i = 0; i < 100; ++i) {
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = owned;
    auto f = async([owned = std::move(owned)] { return *owned; });
    EXPECT_EQ(f.get(), 1);
    ASSERT_TRUE(watch.expired());
  }
}

GO_TEST(Future, ManyWaitAndOneGets) {
  auto f = async([] {
    settle();
    return 5;
  });
  on_all(8, 2, [&](int) { f.wait(); });
  EXPECT_EQ(f.get(), 5);
}

GO_TEST(Future, ForkJoin) {
  struct fib {
    static int of(int n) {
      if (n < 2) return n;
      auto a = async(of, n - 1);
      const int b = of(n - 2);
      return a.get() + b;
    }
  };
  EXPECT_EQ(fib::of(15), 610);
}

TEST(Future, AsyncOutsideARunThrowsAndLeaksNothing) {
  auto owned = std::make_shared<int>(1);
  EXPECT_THROW(async([owned] { return *owned; }).wait(), std::logic_error);
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace burrow
