// tests/cond_test.cc - condition variables: order, broadcast, no lost wake-ups.
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

static_assert(!std::is_copy_constructible_v<cond>);
static_assert(!std::is_copy_assignable_v<cond>);
static_assert(!std::is_move_constructible_v<cond>);

constinit mutex global_mu;
constinit cond global;

GO_TEST(Cond, NotifyOneWakesInTheOrderOfTheWaits) {
  mutex mu;
  cond c;
  std::vector<int> waiting, woken;
  wait_group wg;
  constexpr int kN = 20;
  int go_on = 0;
  for (int i = 0; i < kN; ++i) {
    wg.go([&, i] {
      std::unique_lock hold(mu);
      waiting.push_back(i);
      c.wait(hold);
      woken.push_back(i);
      --go_on;
    });
  }
  std::unique_lock hold(mu);
  while (waiting.size() < kN) {
    hold.unlock();
    yield();
    hold.lock();
  }
  for (std::size_t n = 1; n <= kN; ++n) {
    go_on = 1;
    c.notify_one();
    while (go_on == 1) {
      hold.unlock();
      yield();
      hold.lock();
    }
    ASSERT_EQ(woken.size(), n) << "one notification, one waiter";
  }
  EXPECT_EQ(woken, waiting);
  hold.unlock();
  wg.wait();
}

GO_TEST(Cond, NotifyAllWakesAll) {
  mutex mu;
  cond c;
  int waiting = 0, round = 0;
  wait_group wg;
  constexpr int kN = 50, kRounds = 10;
  for (int i = 0; i < kN; ++i) {
    wg.go([&] {
      std::unique_lock hold(mu);
      for (int r = 0; r < kRounds; ++r) {
        ++waiting;
        c.wait(hold, [&] { return round > r; });
      }
    });
  }
  for (int r = 0; r < kRounds; ++r) {
    std::unique_lock hold(mu);
    while (waiting < kN * (r + 1)) {
      hold.unlock();
      yield();
      hold.lock();
    }
    round = r + 1;
    c.notify_all();
  }
  wg.wait();
}

GO_TEST(Cond, ANotificationWithoutWaitersIsNotKept) {
  mutex mu;
  cond c;
  c.notify_one();
  c.notify_all();
  bool flag = false;
  wait_group wg;
  wg.go([&] {
    std::unique_lock hold(mu);
    c.wait(hold);
    EXPECT_TRUE(flag);
  });
  settle();
  {
    const std::lock_guard hold(mu);
    flag = true;
  }
  while (true) {  // it waits, or will: notify until it has been told
    c.notify_one();
    if (num_goroutine() <= 1) break;
    yield();
  }
  wg.wait();
}

// A producer and consumers that all block: one lost wake-up stops the test.
GO_TEST(Cond, NoWakeUpIsLost) {
  mutex mu;
  cond not_empty, not_full;
  std::deque<int> q;
  std::atomic<long> sum{0};
  constexpr int kEach = 2000, kPairs = 4;
  on_all(2 * kPairs - 2, 2, [&](int i) {
    for (int k = 0; k < kEach; ++k) {
      std::unique_lock hold(mu);
      if (i % 2 == 0) {
        not_full.wait(hold, [&] { return q.size() < 3; });
        q.push_back(k);
        hold.unlock();
        not_empty.notify_one();
      } else {
        not_empty.wait(hold, [&] { return !q.empty(); });
        sum += q.front();
        q.pop_front();
        not_full.notify_one();
      }
    }
  });
  EXPECT_EQ(sum.load(), long{kPairs} * kEach * (kEach - 1) / 2);
}

GO_TEST(Cond, WorksWithAnyLock) {
  struct spin {
    std::atomic<bool> held{false};
    void lock() {
      while (held.exchange(true)) yield();
    }
    void unlock() { held = false; }
  } mu;
  cond c;
  bool flag = false;
  wait_group wg;
  wg.go([&] {
    mu.lock();
    c.wait(mu, [&] { return flag; });
    mu.unlock();
  });
  settle();
  mu.lock();
  flag = true;
  mu.unlock();
  c.notify_one();
  wg.wait();
}

// An unlock that throws takes its wait back: who comes next gets the signal.
GO_TEST(Cond, AnUnlockThatThrowsLeavesNothingBehind) {
  mutex mu;
  cond c;
  std::unique_lock not_held(mu, std::defer_lock);
  EXPECT_THROW(c.wait(not_held), std::system_error);
  bool in = false, told = false;
  wait_group wg;
  wg.go([&] {
    std::unique_lock hold(mu);
    in = true;
    c.wait(hold, [&] { return told; });
  });
  mu.lock();
  while (!in) {
    mu.unlock();
    yield();
    mu.lock();
  }
  told = true;
  c.notify_one();
  mu.unlock();
  wg.wait();
}

TEST(Cond, OutlivesARunThatLeavesWaitersBehind) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      for (int k = 0; k < 4; ++k) {
        go([] {
          std::unique_lock hold(global_mu);
          global.wait(hold);
        });
      }
      settle();
      global_mu.lock();  // nobody is left with it
    });
    global_mu.unlock();
    run([] {
      bool told = false;
      int in = 0;
      wait_group wg;
      for (int k = 0; k < 2; ++k) {
        wg.go([&] {
          std::unique_lock hold(global_mu);
          ++in;
          global.wait(hold, [&] { return told; });
        });
      }
      std::unique_lock hold(global_mu);
      while (in < 2) {
        hold.unlock();
        yield();
        hold.lock();
      }
      told = true;
      global.notify_one();
      global.notify_one();  // not for the dead
      hold.unlock();
      wg.wait();
    });
  }
}

}  // namespace
}  // namespace burrow
