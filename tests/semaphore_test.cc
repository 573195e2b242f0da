// tests/semaphore_test.cc - weights, order, cancellation, misuse.
#include <atomic>
#include <memory>
#include <string>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

constinit semaphore global(3);

// Waits until somebody is queued: then not even a free unit can be had.
void await_waiter(semaphore& sem) {
  while (sem.try_acquire(1)) {
    sem.release(1);
    yield();
  }
}

GO_TEST(Semaphore, NeverGivesMoreThanItHas) {
  constexpr int kUnits = 4;
  semaphore sem(kUnits);
  std::atomic<int> held{0};
  on_all(8, 2, [&](int i) {
    for (int k = 0; k < 300; ++k) {
      const int n = (i + k) % kUnits + 1;
      if (k % 3 == 0) {
        if (!sem.try_acquire(n)) continue;
      } else {
        sem.acquire(n);
      }
      if (held.fetch_add(n) + n > kUnits) ADD_FAILURE() << "too many";
      if (k % 8 == 0) yield();
      held.fetch_sub(n);
      sem.release(n);
    }
  });
  EXPECT_TRUE(sem.try_acquire(kUnits));
}

GO_TEST(Semaphore, TryAcquireTakesWhatIsFree) {
  semaphore sem(2);
  EXPECT_TRUE(sem.try_acquire());
  EXPECT_FALSE(sem.try_acquire(2));
  EXPECT_TRUE(sem.try_acquire(1));
  EXPECT_FALSE(sem.try_acquire(1));
  EXPECT_TRUE(sem.try_acquire(0));
  sem.release(2);
  EXPECT_FALSE(sem.try_acquire(3));
}

GO_TEST(Semaphore, ABigRequestIsNotOvertaken) {
  semaphore sem(4);
  std::string order;
  wait_group wg;
  sem.acquire(1);
  wg.go([&] {
    sem.acquire(4);
    order += 'b';
    sem.release(4);
  });
  await_waiter(sem);
  wg.go([&] {
    sem.acquire(1);
    order += 's';
    sem.release(1);
  });
  settle();
  EXPECT_EQ(order, "");
  sem.release(1);
  wg.wait();
  EXPECT_EQ(order, "bs");
}

GO_TEST(Semaphore, MisusePanicsAndChangesNothing) {
  semaphore sem(2);
  EXPECT_EQ(panictext([&] { sem.release(); }),
            "semaphore: released more than held");
  sem.acquire(1);
  EXPECT_EQ(panictext([&] { sem.release(2); }),
            "semaphore: released more than held");
  EXPECT_NE(panictext([&] { sem.acquire(-1); }), "");
  sem.release(1);
  EXPECT_TRUE(sem.try_acquire(2));
}

GO_TEST(Semaphore, ACancelledWaiterLeavesAndLetsOthersPass) {
  semaphore sem(2);
  sem.acquire(1);
  auto [ctx, cancel] = with_cancel(background());
  wait_group wg;
  wg.go([&sem, ctx = ctx] { EXPECT_EQ(sem.acquire(2, ctx), errc::canceled); });
  await_waiter(sem);
  wg.go([&] { sem.acquire(1); });  // fits, but is behind
  settle();
  cancel();
  wg.wait();
  EXPECT_FALSE(sem.try_acquire(1));
  sem.release(2);
}

GO_TEST(Semaphore, AContextThatIsDoneTakesNothing) {
  semaphore sem(1);
  auto [ctx, cancel] = with_cancel(background());
  EXPECT_EQ(sem.acquire(1, ctx), std::error_code());
  sem.release();
  cancel();
  EXPECT_EQ(sem.acquire(1, ctx), errc::canceled);
  EXPECT_EQ(sem.acquire(1, ctx), std::errc::operation_canceled);
  EXPECT_TRUE(sem.try_acquire(1));
}

GO_TEST(Semaphore, MoreThanItHasWaitsForTheContextAndBlocksNobody) {
  semaphore sem(1);
  auto [ctx, cancel] = with_cancel(background());
  wait_group wg;
  wg.go([&sem, ctx = ctx] { EXPECT_EQ(sem.acquire(2, ctx), errc::canceled); });
  settle();
  EXPECT_TRUE(sem.try_acquire(1));
  cancel();
  wg.wait();
}

GO_TEST(Semaphore, ABackgroundContextChangesNothing) {
  semaphore sem(1);
  EXPECT_EQ(sem.acquire(1, background()), std::error_code());
  wait_group wg;
  wg.go([&] { EXPECT_EQ(sem.acquire(1, background()), std::error_code()); });
  await_waiter(sem);
  sem.release();
  wg.wait();
}

// Cancellation and release race for the same waiter: no unit may get lost, and
// none be had twice.
GO_TEST(Semaphore, CancelAndReleaseRace) {
  for (int i = 0; i < 500; ++i) {
    semaphore sem(1);
    sem.acquire();
    auto [ctx, cancel] = with_cancel(background());
    wait_group wg;
    std::atomic<int> got{0};
    for (int k = 0; k < 3; ++k) {
      wg.go([&, ctx = ctx] {
        if (sem.acquire(1, ctx)) return;
        if (++got > 1) ADD_FAILURE() << "held twice";
        --got;
        sem.release();
      });
    }
    if (i % 2 == 0) settle();
    wg.go([&, cancel = cancel] { cancel(); });
    wg.go([&] { sem.release(); });
    wg.wait();
    ASSERT_TRUE(sem.try_acquire(1));
  }
}

GO_TEST(Semaphore, CancelOnAThread) {
  for (int i = 0; i < 50; ++i) {
    semaphore sem(1);
    sem.acquire();
    auto [ctx, cancel] = with_cancel(background());
    on_all(1, 1, [&, ctx = ctx, cancel = cancel](int k) {
      if (k == 0) {
        cancel();
      } else {
        EXPECT_EQ(sem.acquire(1, ctx), errc::canceled);
      }
    });
  }
}

TEST(Semaphore, OutlivesARunThatLeavesWaitersBehind) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      global.acquire(2);
      // Given back, for it may come when its run has ended.
      go([] {
        global.acquire(3);
        global.release(3);
      });
      auto [ctx, cancel] = with_cancel(background());
      go([ctx = ctx] {
        if (!global.acquire(2, ctx)) global.release(2);
      });
      await_waiter(global);
      settle();
    });
    global.release(2);
    run([] {
      on_all(4, 0, [](int k) {
        global.acquire(k % 3 + 1);
        yield();
        global.release(k % 3 + 1);
      });
    });
  }
  global.acquire(3);
  global.release(3);
}

}  // namespace
}  // namespace burrow
