// tests/join_test.cc - children that their waiter runs in place (join.cc): whatever
// they do meanwhile, nobody may notice but by the time that it takes.
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using namespace testsupport;

int fib(int n) {
  if (n < 2) return n;
  int first = 0;
  wait_group wg;
  wg.go([&first, n] { first = fib(n - 1); });
  const int second = fib(n - 2);
  wg.wait();
  return first + second;
}

GO_TEST(Join, ATreeOfWaiters) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fib(16), 987);
}

int fibasync(int n) {
  if (n < 2) return n;
  auto first = async(fibasync, n - 1);
  const int second = fibasync(n - 2);
  return first.get() + second;
}

GO_TEST(Join, ATreeOfFutures) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fibasync(16), 987);
}

GO_TEST(Join, MoreThanRunAtOnce) {
  for (const int n : {1, 2, 63, 64, 65, 1000}) {
    wait_group wg;
    int sum = 0;
    std::atomic<int> ended{0};
    wg.add(n);
    for (int i = 0; i < n; ++i) {
      go([&] {
        ++ended;
        wg.done();
      });
    }
    wg.wait();
    sum = ended;
    EXPECT_EQ(sum, n);
  }
}

// The waiter is what the child waits for.
GO_TEST(Join, AChildThatParksAfterItsDone) {
  for (int i = 0; i < 100; ++i) {
    wait_group wg;
    auto c = make_chan<int>();
    auto back = make_chan<int>();
    wg.add(1);
    go([&wg, c, back] {
      wg.done();
      back.send(*c.recv() + 1);
    });
    wg.wait();
    c.send(i);
    EXPECT_EQ(back.recv(), i + 1);
  }
}

GO_TEST(Join, AChildThatParksBeforeItsDone) {
  auto c = make_chan<int>();
  auto server = make_chan<int>();
  go([=] {
    while (auto v = server.recv()) c.send(*v);
  });
  for (int i = 0; i < 100; ++i) {
    int got = -1;
    wait_group wg;
    wg.go([&] {
      server.send(i);
      got = *c.recv();
    });
    wg.wait();
    EXPECT_EQ(got, i);
  }
  server.close();
}

GO_TEST(Join, AChildThatYieldsUntilItsWaiterGoesOn) {
  for (int i = 0; i < 20; ++i) {
    wait_group wg;
    auto on = std::make_shared<std::atomic<bool>>(false);
    auto ended = make_chan<unit>();
    wg.add(1);
    go([&wg, on, ended] {
      wg.done();
      while (!*on) yield();
      ended.close();
    });
    wg.wait();
    *on = true;
    ended.recv();
  }
}

// Its p is taken after a while, and the waiter goes on with it.
GO_TEST(Join, AChildThatComputesUntilItsWaiterGoesOn) {
  for (int i = 0; i < 3; ++i) {
    wait_group wg;
    auto on = std::make_shared<std::atomic<bool>>(false);
    auto ended = make_chan<unit>();
    wg.add(1);
    go([&wg, on, ended] {
      wg.done();
      while (!*on) {
      }
      ended.close();
    });
    wg.wait();
    *on = true;
    ended.recv();
  }
}

GO_TEST(Join, AChildThatBlocksUntilItsWaiterGoesOn) {
  for (int i = 0; i < 10; ++i) {
    wait_group wg;
    auto on = std::make_shared<std::atomic<bool>>(false);
    auto ended = make_chan<unit>();
    wg.add(1);
    go([&wg, on, ended] {
      wg.done();
      blocking([&] {
        while (!*on) nap(50us);
      });
      ended.close();
    });
    wg.wait();
    *on = true;
    ended.recv();
  }
}

GO_TEST(Join, AChildThatLocksItsThread) {
  for (int i = 0; i < 50; ++i) {
    int n = 0;
    wait_group wg;
    wg.go([&n] {
      lock_os_thread();
      yield();
      ++n;
      if (n % 2 == 0) unlock_os_thread();  // else the thread ends with it
    });
    wg.wait();
    EXPECT_EQ(n, 1);
  }
}

GO_TEST(Join, AWaiterThatIsLockedToItsThread) {
  lock_os_thread();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(fib(5), 5);
  unlock_os_thread();
}

GO_TEST(Join, AChildThatStopsTheWorld) {
  for (int i = 0; i < 20; ++i) {
    const int before = maxprocs();
    int during = 0;
    wait_group wg;
    wg.go([&] {
      maxprocs(before + 1);
      during = maxprocs(before);
    });
    wg.wait();
    EXPECT_EQ(during, before + 1);
  }
}

GO_TEST(Join, HowAChildEnds) {
  auto exits = async([] {
    goexit();
    return 1;
  });
  EXPECT_THROW(exits.get(), panic_error);
  auto throws =
      async([]() -> int { throw std::runtime_error("of the child"); });
  EXPECT_THROW(throws.get(), std::runtime_error);
  auto gives = async([] { return std::make_unique<std::string>("moved"); });
  EXPECT_EQ(*gives.get(), "moved");
}

// What a child leaves behind is its own: errno, exceptions, goroutine-local values.
GO_TEST(Join, AChildHasAnEnvironmentOfItsOwn) {
  try {
    throw std::runtime_error("of the waiter");
  } catch (const std::exception& e) {
    errno = 11;
    wait_group wg;
    wg.go([] {
      EXPECT_EQ(errno, 0);
      EXPECT_EQ(std::current_exception(), nullptr);
      errno = 12;
      try {
        throw 1;
      } catch (int) {
        EXPECT_NE(std::current_exception(), nullptr);
      }
    });
    wg.wait();
    EXPECT_EQ(errno, 11);
    EXPECT_STREQ(e.what(), "of the waiter");
    EXPECT_NE(std::current_exception(), nullptr);
  }
}

int depth(int n) {
  if (n == 0) return 0;
  return async(depth, n - 1).get() + 1;
}

GO_TEST(Join, AThousandDeep) { EXPECT_EQ(depth(1000), 1000); }

// Others wait for the same, and are not held up for ever by those in between.
GO_TEST(Join, ManyWaitForTheSame) {
  wait_group all;
  for (int i = 0; i < 50; ++i) {
    all.go([] {
      wait_group wg, waiters;
      wg.add(3);
      for (int k = 0; k < 3; ++k) waiters.go([&wg] { wg.wait(); });
      for (int k = 0; k < 3; ++k) {
        go([&wg, k] {
          if (k == 1) yield();
          wg.done();
        });
      }
      wg.wait();
      waiters.wait();
    });
  }
  all.wait();
}

GO_TEST(Join, AFutureThatIsDroppedOrWatched) {
  for (int i = 0; i < 200; ++i) {
    auto dropped = async([i] { return std::to_string(i); });
    if (i % 2 == 0) yield();
    auto watched = async([i] { return std::to_string(i); });
    auto done = watched.done();
    if (i % 3 == 0) yield();
    done.recv();
    EXPECT_EQ(watched.get(), std::to_string(i));
    auto both = async([i] {
      if (i % 4 == 0) yield();
      return i;
    });
    auto end = both.done();
    EXPECT_EQ(both.get(), i);
    EXPECT_EQ(end.recv(), std::nullopt);
  }
}

// Who yields is not forgotten for those that are run in place.
TEST(Join, OthersHaveTheirTurns) {
  constexpr int kRounds = 20'000;
  int turns = 0;
  run(
      [&] {
        bool over = false;
        go([&] {
          while (!over) {
            ++turns;
            yield();
          }
        });
        yield();
        for (int i = 0; i < kRounds; ++i) {
          go([] {});
          async([] {}).get();
        }
        over = true;
      },
      {.maxprocs = 1});
  EXPECT_GT(turns, kRounds / 64);
}

// A child that goes on with its processor until its waiter goes on, or, with a bug
// only, for half a minute.
void computeuntil(const std::atomic<bool>& on) {
  const auto late = std::chrono::steady_clock::now() + 30s;
  while (!on && std::chrono::steady_clock::now() < late) {
  }
  EXPECT_TRUE(on);
}

// The p that the child has begun with ceases to exist.
TEST(Join, AChildThatChangesItsPAndComputes) {
  for (int i = 0; i < 10; ++i) {
    run(
        [] {
          std::atomic<bool> started{false};
          wait_group all;
          all.go([&] {  // on another p than main's, if main gives it time
            started = true;
            std::atomic<bool> on{false};
            wait_group wg, ended;
            wg.add(1);
            ended.go([&] {
              wg.done();
              maxprocs(1);
              computeuntil(on);
            });
            wg.wait();
            on = true;
            ended.wait();
          });
          for (int k = 0; k < 100 && !started; ++k) compute(100us);
          all.wait();
        },
        {.maxprocs = 2});
  }
}

// Nobody's p is taken, but there is another that is idle.
TEST(Join, AChildThatComputesAndKeepsItsP) {
  ::setenv("BURROW_DEBUG", "asyncpreemptoff=1", 1);
  run(
      [] {
        std::atomic<bool> on{false};
        wait_group wg, ended;
        wg.add(1);
        ended.go([&] {
          wg.done();
          computeuntil(on);
        });
        wg.wait();
        on = true;
        ended.wait();
      },
      {.maxprocs = 2});
  ::unsetenv("BURROW_DEBUG");
}

// Whoever takes its p looks at what runs there (TSan has an eye on it).
GO_TEST(Join, AThreadThatIsLockedWhileItsPIsTaken) {
  wait_group wg;
  wg.go([] {
    for (int i = 0; i < 3; ++i) {
      lock_os_thread();
      go([] {});
      compute(40ms);
      unlock_os_thread();
      compute(40ms);
    }
  });
  wg.wait();
}

// The run ends while a child is run in place; the next one is not harmed.
TEST(Join, TheRunEndsMeanwhile) {
  for (const int procs : {1, 2, 8}) {
    for (int i = 0; i < 20; ++i) {
      std::atomic<bool> started{false};
      run(
          [&] {
            go([&] {
              wait_group wg;
              wg.go([&] {
                started = true;
                if (i % 2 == 0) {
                  compute(5ms);  // as a whole on m0's thread, if need be
                } else {
                  make_chan<int>().recv();
                }
              });
              wg.wait();
            });
            while (!started) yield();
          },
          {.maxprocs = procs});
      EXPECT_EQ(run([] { return fib(10); }, {.maxprocs = procs}), 55);
    }
  }
}

}  // namespace
}  // namespace burrow
