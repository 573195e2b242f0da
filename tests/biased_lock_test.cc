// tests/biased_lock_test.cc - the lock of channels becomes a thread's own, and is
// taken away from it. Its protocol is checked in every interleaving by
// bias_model_test; here it meets real fences, threads and the ends of runs.

#include "burrow/detail/biasedlock.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "burrow/detail/hchan.h"
#include "sys/os.h"
#include "tests/support/gotest.h"

namespace {

using burrow::chan;
using burrow::make_chan;
using burrow::detail::biasedlock;

// More than make it one thread's own, if that goes on on one thread.
constexpr int kOften = 5'000;

void taketimes(biasedlock& l, int times, long& counter) {
  for (int i = 0; i < times; ++i) {
    l.lock();
    ++counter;
    l.unlock();
  }
}

// Dumps know a channel by its lock's address.
TEST(BiasedLock, IsWhereItsChannelBegins) {
  burrow::detail::hchan c;
  EXPECT_EQ(static_cast<void*>(&c.lock), static_cast<void*>(&c));
}

GO_TEST(BiasedLock, BecomesOnesOwnAndIsTakenAway) {
  burrow::lock_os_thread();  // so that it is one thread that comes
  biasedlock l;
  EXPECT_TRUE(l.biased());
  long counter = 0;
  taketimes(l, 100, counter);
  EXPECT_FALSE(l.owned());
  taketimes(l, kOften, counter);
  EXPECT_TRUE(l.owned());
  std::thread([&] { taketimes(l, 1, counter); }).join();
  EXPECT_FALSE(l.owned());
  taketimes(l, kOften, counter);
  EXPECT_FALSE(l.owned());  // once is enough
  EXPECT_EQ(counter, 2 * kOften + 101);
  burrow::unlock_os_thread();
}

// A thread that burrow has not made owns none.
TEST(BiasedLock, IsNoForeignThreadsOwn) {
  biasedlock l;
  long counter = 0;
  taketimes(l, kOften, counter);
  EXPECT_FALSE(l.owned());
}

// Nor is it anybody's where to take it away would take milliseconds.
TEST(BiasedLock, IsNobodysWhereTheFenceIsSlow) {
  using burrow::sys::barrierkind;
  bool forced = false;
  burrow::run(
      [&] {
        const barrierkind before = burrow::sys::membarrier_kind();
        forced = burrow::sys::membarrier_force(barrierkind::global) == 0;
        biasedlock l;
        long counter = 0;
        taketimes(l, kOften, counter);
        EXPECT_NE(l.owned(), forced);
        if (forced) burrow::sys::membarrier_force(before);
      },
      {.maxprocs = 1});
  if (!forced) GTEST_SKIP() << "this kernel has no slow fence";
}

// Who shares it from the beginning never makes it his.
GO_TEST(BiasedLock, TwoInTurn) {
  biasedlock l;
  long counter = 0;
  for (int i = 0; i < 200; ++i) {
    taketimes(l, 10, counter);
    std::thread([&] { taketimes(l, 10, counter); }).join();
  }
  EXPECT_FALSE(l.owned());
  EXPECT_EQ(counter, 4000);
}

// Threads come while the owner is at work. Each count is under the lock.
GO_TEST(BiasedLock, ManyComeWhileTheOwnerIsAtWork) {
  constexpr int kRounds = 20, kThreads = 3;
  int owned = 0;
  for (int round = 0; round < kRounds; ++round) {
    biasedlock l;
    long counter = 0;
    std::atomic<bool> on{false};
    std::vector<std::thread> others;
    for (int i = 0; i < kThreads; ++i)
      others.emplace_back([&] {
        while (!on) std::this_thread::yield();
        taketimes(l, kOften, counter);
      });
    taketimes(l, kOften, counter);
    owned += l.owned() ? 1 : 0;
    on = true;
    taketimes(l, 3 * kOften, counter);
    burrow::blocking([&] {
      for (auto& t : others) t.join();
    });
    EXPECT_EQ(counter, (4 + kThreads) * kOften);
  }
  std::printf("  owned in %d of %d rounds\n", owned, kRounds);
}

// Channels that have one thread's goroutines on both ends for long, and then others',
// goroutines' and threads', and are closed by anybody.
GO_TEST(BiasedLock, ChannelsThatChangeHands) {
  for (int round = 0; round < 10; ++round) {
    auto c = make_chan<int>(4);
    auto back = make_chan<int>();
    burrow::go([=] {
      long sum = 0;
      while (auto v = c.recv()) sum += *v;
      back.send(static_cast<int>(sum));
    });
    for (int i = 0; i < kOften; ++i) c.send(1);
    std::vector<std::thread> threads;
    burrow::wait_group wg;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([c]() mutable {
        for (int k = 0; k < 500; ++k) c.send(1);
      });
    for (int i = 0; i < 4; ++i)
      wg.go([=] {
        for (int k = 0; k < 500; ++k) {
          c.send(1);
          if (k % 50 == 0) burrow::blocking([] {});
        }
      });
    wg.wait();
    burrow::blocking([&] {
      for (auto& t : threads) t.join();
    });
    c.close();
    EXPECT_EQ(back.recv(), kOften + 3000);
  }
}

// A run ends with a goroutine that waits at a channel which is a thread's own; others
// go on with the channel, in the next run and outside of any.
TEST(BiasedLock, OutlivesItsOwnersRun) {
  for (int maxprocs : {1, 2, 8}) {
    auto c = make_chan<int>();
    burrow::run(
        [&] {
          burrow::go([c] {
            while (c.recv()) {
            }
          });
          for (int i = 0; i < kOften; ++i) c.send(i);
          burrow::yield();  // the receiver waits, and never runs again
        },
        {.maxprocs = maxprocs});
    std::thread([&] { EXPECT_FALSE(c.try_send(1)); }).join();
    burrow::run(
        [&] {
          burrow::go([c] { c.send(7); });
          EXPECT_EQ(c.recv(), 7);
        },
        {.maxprocs = maxprocs});
    std::thread t([c]() mutable { c.send(8); });
    EXPECT_EQ(c.recv(), 8);
    t.join();
  }
}

}  // namespace
