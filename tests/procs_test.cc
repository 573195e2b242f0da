// tests/procs_test.cc - ps and threads: maxprocs, parallelism, locked goroutines,
// goroutines that never call the runtime, running out of threads.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/os/osproc.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;

GO_TEST(Procs, ChangeWhileGoroutinesWork) {
  std::atomic<bool> stop{false};
  std::atomic<long> work{0};
  wait_group wg;
  auto c = make_chan<int>(8);
  for (int i = 0; i < 6; i++) {
    wg.add(2);
    go([&] {
      while (!stop) c.send(1);
      wg.done();
    });
    go([&] {
      while (!stop) {
        c.try_recv();
        work++;
        yield();
      }
      wg.done();
    });
  }
  const int first = maxprocs();
  for (int i = 0; i < 60; i++) {
    const int n = 1 + (i * 7) % 9;
    const int before = maxprocs();
    EXPECT_EQ(maxprocs(n), before);
    EXPECT_EQ(maxprocs(), n);
    yield();
  }
  stop = true;
  go([c] {
    for (;;) c.recv();
  });
  wg.wait();
  maxprocs(first);
  EXPECT_GT(work.load(), 0);
}

GO_TEST(Procs, ChangeFromAForeignThreadAndFromManyGoroutines) {
  wait_group wg;
  for (int i = 0; i < 4; i++) {
    wg.add(1);
    go([&wg, i] {
      for (int n = 0; n < 10; n++) maxprocs(1 + (i + n) % 4);
      wg.done();
    });
  }
  std::thread t([] {
    for (int n = 0; n < 10; n++) maxprocs(1 + n % 3);
  });
  wg.wait();
  t.join();
}

GO_TEST(Procs, TimersSurviveAChange) {
  auto first = after(20ms);
  auto second = after(1ms);
  maxprocs(4);
  maxprocs(1);
  EXPECT_TRUE(second.recv().has_value());
  maxprocs(3);
  EXPECT_TRUE(first.recv().has_value());
}

// Two goroutines that spin until the other has had its turn, `turns` times each.
void spinbyturns(int procs, int turns) {
  run(
      [turns] {
        std::atomic<int> turn{0};
        wait_group wg;
        wg.add(2);
        for (int me = 0; me < 2; me++)
          go([&, me] {
            for (int i = 0; i < turns; i++) {
              while (turn.load() != me) {
              }
              turn = 1 - me;
            }
            wg.done();
          });
        wg.wait();
      },
      {.maxprocs = procs});
}

TEST(Procs, TwoRunInParallel) { spinbyturns(2, 1000); }

// Those who do nothing but wake each other are left together; not for ever.
TEST(Procs, WhoTalkedAndNowComputesIsSpread) {
  constexpr int kTalkers = 6;
  std::atomic<int> computing{0};
  run(
      [&] {
        auto ring = std::vector<chan<int>>();
        for (int i = 0; i < kTalkers; ++i) ring.push_back(make_chan<int>());
        wait_group wg;
        for (int i = 0; i < kTalkers; ++i) {
          wg.go([&, i, from = ring[i], to = ring[(i + 1) % kTalkers]] {
            for (int k = 0; k < 20'000; ++k) {
              if (i % 2 == 0) to.send(k);
              from.recv();
              if (i % 2 != 0) to.send(k);
            }
            // Until somebody else does so at the same time, on another thread.
            computing++;
            const auto end = std::chrono::steady_clock::now() + 60s;
            while (computing < 2 && std::chrono::steady_clock::now() < end) {
            }
          });
        }
        wg.wait();
        EXPECT_GE(computing, 2);
      },
      {.maxprocs = 2});
}

// The p is taken from the one that spins.
TEST(Procs, SpinnersThatWaitForEachOtherEndEvenOnOneProc) { spinbyturns(1, 3); }

GO_TEST(Procs, AHogDoesNotStopTheOthers) {
  std::atomic<bool> stop{false};
  wait_group wg;
  wg.add(1);
  go([&] {
    while (!stop) {
    }
    wg.done();
  });
  for (int i = 0; i < 3; i++) sleep_for(2ms);
  stop = true;
  wg.wait();
}

GO_TEST(Procs, ABlockedReadDoesNotStopTheOthers) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  wait_group wg;
  wg.add(1);
  go([&] {
    char b = 0;
    EXPECT_EQ(::read(fds[0], &b, 1), 1);
    EXPECT_EQ(b, 'x');
    wg.done();
  });
  sleep_for(1ms);
  EXPECT_EQ(::write(fds[1], "x", 1), 1);
  wg.wait();
  ::close(fds[0]);
  ::close(fds[1]);
}

GO_TEST(Procs, ManyHogsComeBack) {
  std::atomic<int> started{0};
  std::atomic<bool> stop{false};
  wait_group wg;
  const int n = 4;
  wg.add(n);
  for (int i = 0; i < n; i++)
    go([&] {
      started++;
      while (!stop) {
      }
      yield();
      wg.done();
    });
  while (started < n) sleep_for(1ms);
  stop = true;
  wg.wait();
}

// Who is in each other's way is kept together only while that lasts: these compute then,
// for less than a thief would wait, and wait for each other.
GO_TEST(Procs, ACrowdThatThenComputesRunsApart) {
  constexpr int kSide = 4;
  const auto c = make_chan<int>(16), turn = make_chan<int>(2);
  std::atomic<int> inside{0};
  std::atomic<bool> met(maxprocs() == 1);
  const auto end = std::chrono::steady_clock::now() + 20ms;
  const auto late = end + 60s;
  wait_group senders, receivers;
  for (int i = 0; i < kSide; ++i) {
    receivers.go([&, i] {
      while (c.recv()) {
      }
      if (i < 2) turn.send(1);  // who has one may compute
      while (!met && std::chrono::steady_clock::now() < late) {
        turn.recv();
        if (++inside == 2) met = true;
        testsupport::compute(3us);
        --inside;
        turn.send(1);
      }
    });
    senders.go([&] {
      while (std::chrono::steady_clock::now() < end) c.send(1);
    });
  }
  senders.wait();
  c.close();
  receivers.wait();
  EXPECT_TRUE(met);
}

GO_TEST(Procs, LockedGoroutineStaysOnItsThread) {
  wait_group wg;
  for (int i = 0; i < 4; i++) {
    wg.add(1);
    go([&wg] {
      lock_os_thread();
      lock_os_thread();
      const auto me = std::this_thread::get_id();
      for (int n = 0; n < 30; n++) {
        yield();
        EXPECT_EQ(std::this_thread::get_id(), me);
      }
      unlock_os_thread();
      yield();
      EXPECT_EQ(std::this_thread::get_id(), me);
      unlock_os_thread();
      unlock_os_thread();  // one too many: nothing, as Go's
      wg.done();
    });
  }
  wg.wait();
}

// Whatever number of decisions came before: a p whose decisions are all made
// between two threads does not choose the one that yields for ever.
GO_TEST(Procs, ALockedGoroutineThatYieldsLetsOthersRun) {
  lock_os_thread();
  for (int before = 0; before < 70; ++before) {
    for (int i = 0; i < before; ++i) yield();
    std::atomic<bool> ran{false};
    go([&] { ran = true; });
    int yields = 0;
    while (!ran && ++yields < 10'000) yield();
    // At 2 and 8 another thread may have it, which the system lets wait.
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!ran && maxprocs() > 1 && std::chrono::steady_clock::now() < end)
      yield();
    EXPECT_TRUE(ran) << before;
    while (!ran) sleep_for(100us);
  }
  unlock_os_thread();
}

GO_TEST(Procs, LockedGoroutinesTalkOverChannels) {
  auto a = make_chan<int>();
  auto b = make_chan<int>();
  go([a, b] {
    lock_os_thread();
    for (int v : a) b.send(v + 1);
    b.close();
  });
  lock_os_thread();
  for (int i = 0; i < 50; i++) {
    a.send(i);
    EXPECT_EQ(b.recv(), i + 1);
  }
  a.close();
  EXPECT_EQ(b.recv(), std::nullopt);
  unlock_os_thread();
}

GO_TEST(Procs, AGoroutineThatEndsLockedTakesItsThreadAlong) {
  static thread_local int usedin = 0;
  static int round = 0;
  for (int i = 0; i < 20; i++) {
    wait_group wg;
    wg.add(1);
    if (i == 0) round++;
    go([&wg] {
      lock_os_thread();
      EXPECT_NE(usedin, round) << "the thread of one that ended locked";
      usedin = round;
      wg.done();
    });
    wg.wait();
  }
}

// A foreign thread sets a timer while every m sleeps for good.
TEST(Procs, AForeignThreadsTimerFiresWhileMainIsLockedAndParked) {
  run(
      [] {
        lock_os_thread();
        auto c = make_chan<int>();
        std::thread t([c] {
          std::this_thread::sleep_for(100ms);
          after(20ms).recv();
          c.send(1);
        });
        EXPECT_EQ(c.recv(), 1);
        t.join();
      },
      {.maxprocs = 1});
}

TEST(Procs, WhomAForeignThreadStartsStartInOrder) {
  std::vector<int> order;
  run(
      [&] {
        wait_group wg;
        wg.add(100);
        std::thread([&] {
          for (int i = 0; i < 100; ++i)
            go([&, i] {
              order.push_back(i);
              wg.done();
            });
        }).join();  // the processor stays here until all are there
        wg.wait();
      },
      {.maxprocs = 1});
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 100u);
}

// Blocking calls take a thread each, but not a new one every few microseconds.
TEST(Procs, GoroutinesThatBlockInTurnAreRetakenOneSliceEach) {
  std::atomic<int> started{0};
  run(
      [&] {
        for (int i = 0; i < 100; i++)
          go([&] {
            started++;
            ::usleep(1'000'000);
          });
        ::usleep(105'000);
        EXPECT_LE(started.load(), 60) << "retaken before their slice was over";
      },
      {.maxprocs = 1});
}

// A goroutine that spawns without end enters the runtime too often for its p to
// be taken, and never parks.
TEST(Procs, ASpawnLoopLetsOthersRun) {
  run(
      [] {
        std::atomic<bool> ran{false};
        go([&] { ran = true; });
        while (!ran) go([] {});
      },
      {.maxprocs = 1});
}

// No threads to be had: what can go on with the ms there are goes on.
TEST(Procs, OutOfThreads) {
  rt::newosproc_fail_after = 0;
  for (int i = 0; i < 20; i++) {
    const int r = run(
        [] {
          auto c = make_chan<int>();
          for (int k = 0; k < 100; k++) go([c] { c.send(1); });
          int sum = 0;
          for (int k = 0; k < 100; k++) sum += *c.recv();
          return sum;
        },
        {.maxprocs = 8});
    EXPECT_EQ(r, 100);
  }
  rt::newosproc_fail_after = -1;
}

}  // namespace
}  // namespace burrow
