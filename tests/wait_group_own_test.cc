// tests/wait_group_own_test.cc - a wait group whose counter is one thread's own, and is
// taken away from it. Its protocol is checked in every interleaving by
// owned_model_test; here it meets real fences, threads and the ends of runs.
#include <atomic>
#include <chrono>
#include <climits>
#include <memory>
#include <thread>

#include "burrow/detail/ownedcount.h"
#include "sys/os.h"
#include "tests/support/emulator.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;
using namespace std::chrono_literals;
using detail::ownedcount;

bool canown() { return sys::membarrier_kind() == sys::barrierkind::expedited; }

// onthread runs f on a thread that burrow did not make. It blocks the caller's.
template <class F>
void onthread(F f) {
  std::thread(f).join();
}

const bool early = ownedcount().mine();

TEST(WaitGroupOwn, NothingIsOwnedBeforeTheFirstRun) { EXPECT_FALSE(early); }

GO_TEST(WaitGroupOwn, TheOwnerParksAndIsWoken) {
  for (int i = 0; i < 300; ++i) {
    wait_group wg;
    auto c = make_chan<int>();
    int seen = 0;
    wg.go([&, c] { seen = c.recv().value_or(0); });
    go([c] { c.send(7); });
    wg.wait();
    ASSERT_EQ(seen, 7);
  }
}

GO_TEST(WaitGroupOwn, AnotherThreadEndsLast) {
  for (int i = 0; i < 200; ++i) {
    auto wg = std::make_unique<wait_group>();
    int seen[2] = {};
    wg->add(2);
    std::thread t([w = wg.get(), &seen] {
      seen[0] = 1;
      w->done();
    });
    go([w = wg.get(), &seen] {
      seen[1] = 1;
      w->done();
    });
    wg->wait();
    wg.reset();
    ASSERT_EQ(seen[0] + seen[1], 2);
    t.join();
  }
}

// countmuch counts up and down as the owner, perhaps until it is that no more, and says
// done() at last.
void countmuch(wait_group& wg, int times, int& field) {
  for (int k = 0; k < times; ++k) {
    wg.add(2);
    wg.done();
    wg.done();
  }
  field = 1;
  wg.done();
}

GO_TEST(WaitGroupOwn, AnotherWaitsWhileTheOwnerCounts) {
  for (int i = 0; i < 300; ++i) {
    auto made = make_chan<wait_group*>();
    int field = 0;
    std::thread t([&] {
      auto* wg = new wait_group;
      wg->add(1);
      made.send(wg);
      countmuch(*wg, 10 * (i % 32), field);
    });
    const std::unique_ptr<wait_group> wg(*made.recv());
    wg->wait();
    ASSERT_EQ(field, 1);
    t.join();
  }
}

GO_TEST(WaitGroupOwn, AThreadWaitsWhileTheOwnerCounts) {
  for (int i = 0; i < 300; ++i) {
    auto wg = std::make_unique<wait_group>();
    int field = 0;
    wg->add(1);
    std::atomic<bool> comes{false};
    std::thread t([&] {
      comes = true;
      wg->wait();
      EXPECT_EQ(field, 1);
      wg.reset();
    });
    while (!comes) yield();
    countmuch(*wg, 10 * (i % 32), field);
    blocking([&] { t.join(); });
  }
}

// Who is woken is elsewhere than who has woken it, and either may own the counter.
GO_TEST(WaitGroupOwn, IsUsedAgainAndAgain) {
  wait_group wg;
  long sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    long part[3] = {};
    for (int k = 0; k < 3; ++k)
      wg.go([&, k] {
        if ((i + k) % 3 == 0) yield();
        part[k] = 1;
      });
    if (i % 5 == 0) yield();
    wg.wait();
    sum += part[0] + part[1] + part[2];
  }
  EXPECT_EQ(sum, 30'000);
}

GO_TEST(WaitGroupOwn, ThePartsDriftApart) {
  wait_group wg;
  constexpr int kHalf = 1 << 29;
  for (int i = 0; i < 9; ++i) {
    wg.add(kHalf);
    onthread([&] { wg.add(-kHalf); });
  }
  wg.add(INT_MAX);
  onthread([&] { wg.add(-INT_MAX); });
  wg.wait();
  EXPECT_EQ(panictext([&] {
              onthread([&] { wg.wait(); });
              wg.done();
            }),
            "sync: negative WaitGroup counter");
}

GO_TEST(WaitGroupOwn, TheOwnerCountsBelow0) {
  const auto text = "sync: negative WaitGroup counter";
  wait_group wg;
  wg.add(2);
  onthread([&] { wg.done(); });
  EXPECT_EQ(panictext([&] { wg.add(-3); }), text);
  wg.done();
  wg.wait();
}

GO_TEST(WaitGroupOwn, AnotherCountsBelow0WhenNobodyOwnsIt) {
  wait_group wg;
  wg.add(1 << 30);  // more than an owner counts
  wg.add(-(1 << 30));
  onthread([&] {
    wg.wait();
    EXPECT_EQ(panictext([&] { wg.done(); }),
              "sync: negative WaitGroup counter");
  });
  wg.wait();
}

TEST(WaitGroupOwnDeathTest, WhatIsCountedBelow0ElsewhereWaitSays) {
  SKIP_WITHOUT_PROGRAMS();
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  run([] {});
  if (!canown()) GTEST_SKIP() << "nothing is owned here";
  EXPECT_EXIT(run([] {
                wait_group wg;
                onthread([&] { wg.done(); });
                wg.wait();
              }),
              testing::ExitedWithCode(2),
              "fatal error: sync: negative WaitGroup counter");
}

GO_TEST(WaitGroupOwn, NothingIsAdded) {
  wait_group wg;
  wg.add(0);
  onthread([&] { wg.add(0); });
  wg.wait();
}

GO_TEST(WaitGroupOwn, OutlivesTheThreadThatMadeIt) {
  for (int i = 0; i < 50; ++i) {
    std::unique_ptr<wait_group> wg;
    onthread([&] {
      wg = std::make_unique<wait_group>();
      wg->add(3);
    });
    onthread([&] { wg->done(); });  // perhaps the same number
    go([w = wg.get()] { w->done(); });
    std::thread t([w = wg.get()] { w->done(); });
    wg->wait();
    wg.reset();
    t.join();
  }
}

TEST(WaitGroupOwn, OutlivesItsRun) {
  std::unique_ptr<wait_group> wg;
  for (int i = 0; i < 20; ++i) {
    run(
        [&] {
          wait_group all;
          all.go([&] {
            wg = std::make_unique<wait_group>();
            wg->add(1);
          });
          all.wait();
          if (i % 2 == 0) go([&] { wg->wait(); });  // is left behind
          settle();
        },
        {.maxprocs = 1 + i % 3});
    run([&] {
      go([&] { wg->done(); });
      wg->wait();
    });
  }
}

GO_TEST(WaitGroupOwn, WhileMaxprocsChanges) {
  wait_group wg;
  for (int i = 0; i < 200; ++i) {
    wait_group inner;
    for (int k = 0; k < 4; ++k) {
      wg.go([] { yield(); });
      inner.go([&] { wg.add(1), wg.done(); });
    }
    maxprocs(1 + i % 5);
    inner.wait();
    wg.wait();
  }
}

// Whose numbers were 0 anyway: that needs no fence.
GO_TEST(WaitGroupOwn, WhoWaitsElsewhereAfterTheEndTakesNothingAway) {
  if (!canown()) GTEST_SKIP() << "nothing is owned here";
  std::unique_ptr<ownedcount[]> many(new ownedcount[100]);
  for (int k = 0; k < 100; ++k) many[k].addown(1), many[k].addown(-1);
  if (!many[0].mine()) GTEST_SKIP() << "too many were taken away before";
  onthread([&] {
    for (int k = 0; k < 100; ++k) EXPECT_EQ(many[k].number(), 0);
  });
  EXPECT_TRUE(many[0].mine());
}

// A fence each: after some thousand in a second none is owned until the next.
GO_TEST(WaitGroupOwn, ManyThatAreTakenAwayAreEnough) {
  if (!canown()) GTEST_SKIP() << "nothing is owned here";
  const auto owned = [] { return ownedcount().mine(); };
  for (int i = 0; i < 100'000 && owned(); ++i) {
    std::unique_ptr<ownedcount[]> many(new ownedcount[1000]);
    onthread([&] {
      for (int k = 0; k < 1000; ++k) many[k].disown();
    });
  }
  EXPECT_FALSE(owned());
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!owned() && std::chrono::steady_clock::now() < end) sleep_for(10ms);
  EXPECT_TRUE(owned());
}

}  // namespace
}  // namespace burrow
