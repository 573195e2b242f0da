// tests/wait_group_test.cc - counting, reuse, misuse, lifetime.
#include <atomic>
#include <memory>
#include <stdexcept>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

constinit wait_group global;

GO_TEST(WaitGroup, WaitsForAllAndCanBeUsedAgain) {
  wait_group a, b;
  for (int round = 0; round < 20; ++round) {
    constexpr int kN = 16;
    a.add(kN);
    b.add(kN);
    std::atomic<int> ended{0};
    for (int i = 0; i < kN; ++i) {
      go([&] {
        a.done();
        a.wait();
        ++ended;
        b.done();
      });
    }
    a.wait();
    b.wait();
    EXPECT_EQ(ended.load(), kN);
  }
}

GO_TEST(WaitGroup, AtZeroNobodyWaits) {
  wait_group wg;
  wg.wait();
  wg.add(2);
  wg.add(-2);
  wg.add(0);
  wg.wait();
}

GO_TEST(WaitGroup, ManyMayWait) {
  wait_group wg, waiters;
  wg.add(1);
  int n = 0;
  for (int i = 0; i < 100; ++i) {
    waiters.go([&] {
      wg.wait();
      EXPECT_EQ(n, 1);
    });
  }
  settle();
  n = 1;
  wg.done();
  waiters.wait();
}

GO_TEST(WaitGroup, ANegativeCounterPanicsAndStaysAsItWas) {
  const auto text = "sync: negative WaitGroup counter";
  wait_group wg;
  EXPECT_EQ(panictext([&] { wg.done(); }), text);
  wg.add(2);
  EXPECT_EQ(panictext([&] { wg.add(-3); }), text);
  wg.add(-2);
  wg.wait();
}

GO_TEST(WaitGroup, SeesWhatTheGoroutinesDid) {
  for (int round = 0; round < 200; ++round) {
    wait_group wg;
    int sum[8] = {};
    for (int i = 0; i < 8; ++i) wg.go([&sum, i] { sum[i] = i + 1; });
    wg.wait();
    int all = 0;
    for (const int s : sum) all += s;
    ASSERT_EQ(all, 36);
  }
}

GO_TEST(WaitGroup, GoCountsDoneAfterWhatTheFunctionOwnsIsGone) {
  for (int i = 0; i < 100; ++i) {
    wait_group wg;
    auto owned = std::make_shared<int>(1);
    std::weak_ptr<int> watch = owned;
    wg.go([owned = std::move(owned)] { EXPECT_EQ(*owned, 1); });
    wg.wait();
    ASSERT_TRUE(watch.expired());
  }
}

GO_TEST(WaitGroup, GoCountsAGoroutineThatEndsByGoexit) {
  wait_group wg;
  wg.go([] { goexit(); });
  wg.wait();
}

// The last done() does not touch the object once the waiter can run.
GO_TEST(WaitGroup, MayBeDestroyedWhenWaitReturns) {
  for (int i = 0; i < 5000; ++i) {
    auto wg = std::make_unique<wait_group>();
    wg->add(2);
    go([w = wg.get()] { w->done(); });
    go([w = wg.get()] { w->done(); });
    if (i % 3 == 0) yield();
    wg->wait();
    wg.reset();
  }
}

GO_TEST(WaitGroup, MayBeDestroyedWhenWaitReturnsOnAThread) {
  wait_group all;
  all.add(1);
  std::thread t([&] {
    for (int i = 0; i < 1000; ++i) {
      auto wg = std::make_unique<wait_group>();
      wg->add(1);
      go([w = wg.get()] { w->done(); });
      wg->wait();
      wg.reset();
    }
    all.done();
  });
  all.wait();
  t.join();
}

GO_TEST(WaitGroup, GoroutinesAndThreadsMix) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<int> n{0};
    on_all(8, 2, [&](int) { ++n; });
    ASSERT_EQ(n.load(), 10);
  }
}

TEST(WaitGroup, GoOutsideARunThrowsAndCountsNothing) {
  wait_group wg;
  EXPECT_THROW(wg.go([] {}), std::logic_error);
  EXPECT_EQ(panictext([&] { wg.done(); }), "sync: negative WaitGroup counter");
}

TEST(WaitGroup, OutlivesARunThatLeavesWaitersBehind) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      global.add(1);
      for (int k = 0; k < 4; ++k) go([] { global.wait(); });
      settle();
    });
    run([] {
      global.done();
      global.add(1);  // misuse if the old waiters were still there
      go([] { global.done(); });
      global.wait();
    });
  }
}

}  // namespace
}  // namespace burrow
