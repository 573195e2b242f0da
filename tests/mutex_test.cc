// tests/mutex_test.cc - mutual exclusion, hand-off, misuse, lifetime.
#include <atomic>
#include <memory>
#include <mutex>
#include <type_traits>

#include "tests/support/emulator.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

static_assert(sizeof(mutex) <= 48);
static_assert(!std::is_copy_constructible_v<mutex>);
constinit mutex global;

GO_TEST(Mutex, ExcludesGoroutines) {
  mutex mu;
  int n = 0;
  on_all(10, 0, [&](int) {
    for (int i = 0; i < 1000; ++i) {
      const std::lock_guard hold(mu);
      const int was = n;
      if (i % 16 == 0) yield();
      n = was + 1;
    }
  });
  EXPECT_EQ(n, 10000);
}

GO_TEST(Mutex, ExcludesGoroutinesAndThreads) {
  mutex mu;
  int n = 0;
  on_all(6, 4, [&](int) {
    for (int i = 0; i < 2000; ++i) {
      if (i % 3 == 0) {
        while (!mu.try_lock()) yield();
      } else {
        mu.lock();
      }
      ++n;
      mu.unlock();
    }
  });
  EXPECT_EQ(n, 20000);
}

// Every mutex goes through its first contention, where the protocol changes.
GO_TEST(Mutex, FirstContentionLosesNobody) {
  for (int i = 0; i < 2000; ++i) {
    mutex mu;
    int n = 0;
    on_all(2, 0, [&](int) {
      for (int k = 0; k < 4; ++k) {
        const std::lock_guard hold(mu);
        ++n;
      }
    });
    ASSERT_EQ(n, 8);
  }
}

GO_TEST(Mutex, FirstContentionBetweenThreadsLosesNobody) {
  constexpr int kRounds = 1500;
  auto mus = std::make_unique<mutex[]>(kRounds);
  auto n = std::make_unique<int[]>(kRounds);
  std::atomic<int> ready{0};
  on_all(0, 2, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      ready.fetch_add(1);
      while (ready.load() < 2 * (i + 1)) std::this_thread::yield();
      for (int k = 0; k < 8; ++k) {
        const std::lock_guard hold(mus[i]);
        ++n[i];
      }
    }
  });
  for (int i = 0; i < kRounds; ++i) ASSERT_EQ(n[i], 16);
}

GO_TEST(Mutex, TryLockFailsOnlyWhileItIsHeld) {
  mutex mu;
  EXPECT_TRUE(mu.try_lock());
  EXPECT_FALSE(mu.try_lock());
  mu.unlock();
  EXPECT_TRUE(mu.try_lock());
  wait_group wg;
  wg.go([&] { mu.lock(); });
  settle();
  mu.unlock();
  wg.wait();
  EXPECT_FALSE(mu.try_lock());
  mu.unlock();
  EXPECT_TRUE(mu.try_lock());
  mu.unlock();
}

GO_TEST(Mutex, WorksWithTheStandardLocks) {
  mutex a, b;
  int n = 0;
  on_all(8, 0, [&](int i) {
    for (int k = 0; k < 200; ++k) {
      if (i % 2 == 0) {
        const std::scoped_lock hold(a, b);
        ++n;
      } else {
        const std::scoped_lock hold(b, a);
        ++n;
      }
    }
  });
  EXPECT_EQ(n, 1600);
  std::unique_lock hold(a, std::try_to_lock);
  EXPECT_TRUE(hold.owns_lock());
}

// Who holds it nearly all the time, and never yields, does not keep another
// out: without hand-off this does not end.
GO_TEST(Mutex, AWaiterIsNotStarvedByAHog) {
  mutex mu;
  std::atomic<bool> stop{false};
  wait_group wg;
  wg.go([&] {
    while (!stop.load()) {
      mu.lock();
      for (int i = 0; i < 20000 && !stop.load(); ++i) {
      }
      mu.unlock();
    }
  });
  for (int i = 0; i < 10; ++i) {
    yield();
    const std::lock_guard hold(mu);
  }
  stop = true;
  wg.wait();
}

GO_TEST(Mutex, MayBeUnlockedByAnother) {
  mutex mu;
  mu.lock();
  wait_group wg;
  wg.go([&] { mu.unlock(); });
  mu.lock();
  mu.unlock();
  wg.wait();
}

// The object dies as soon as its last user has unlocked it, whatever the unlock
// of the user before is still at.
GO_TEST(Mutex, MayBeDestroyedByTheNextOwner) {
  struct object {
    mutex mu;
    int refs = 2;
  };
  for (int i = 0; i < 1000; ++i) {
    auto* o = new object;
    auto drop = [o](int) {
      o->mu.lock();
      const bool last = --o->refs == 0;
      o->mu.unlock();
      if (last) delete o;
    };
    if (i % 50 == 0) {
      on_all(1, 1, drop);
    } else {
      on_all(2, 0, drop);
    }
  }
}

// A goroutine that was not yet queued when its run ended may still come and get
// the mutex, so each gives it back.
TEST(Mutex, OutlivesARunThatLeavesWaitersBehind) {
  const auto use = [] {
    for (int k = 0; k < 100; ++k) {
      const std::lock_guard hold(global);
      yield();
    }
  };
  for (int i = 0; i < 20; ++i) {
    run([] {
      global.lock();
      for (int k = 0; k < 5; ++k) {
        go([] { const std::lock_guard hold(global); });
      }
      settle();
    });
    global.unlock();
    run([&] { on_all(4, 0, [&](int) { use(); }); });
  }
  global.lock();
  global.unlock();
}

TEST(MutexDeathTest, UnlockOfUnlockedIsFatal) {
  SKIP_WITHOUT_PROGRAMS();
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto fatal = "fatal error: sync: unlock of unlocked mutex";
  EXPECT_EXIT(run([] {
                mutex mu;
                mu.unlock();
              }),
              testing::ExitedWithCode(2), fatal);
  EXPECT_EXIT(run([] {
                mutex mu;
                mu.lock();
                mu.unlock();
                mu.unlock();
              }),
              testing::ExitedWithCode(2), fatal);
  EXPECT_EXIT(run([] {
                mutex mu;
                on_all(4, 0, [&](int) {
                  mu.lock();
                  yield();
                  mu.unlock();
                });
                mu.unlock();
              }),
              testing::ExitedWithCode(2), fatal);
}

}  // namespace
}  // namespace burrow
