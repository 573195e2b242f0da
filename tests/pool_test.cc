// tests/pool_test.cc - objects are had by one at a time, come back, and are bounded.
#include "burrow/pool.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <set>
#include <stdexcept>
#include <vector>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

// counted is how many there are, and who uses it.
struct counted {
  static inline std::atomic<int> alive{0};
  std::atomic<bool> used{false};
  int value = 0;
  counted() { ++alive; }
  ~counted() { --alive; }
};

GO_TEST(Pool, TheLastOneGivenBackComesFirst) {
  pool<counted> all;
  counted* first = nullptr;
  counted* second = nullptr;
  {
    auto a = all.get(), b = all.get();
    first = a.get();
    second = b.get();
    EXPECT_NE(first, second);
    a->value = 1;
    b.reset();
  }
  // Another shelf's, too, if we have been moved.
  auto a = all.get(), b = all.get();
  const std::set<counted*> both{a.get(), b.get()};
  EXPECT_EQ(both, (std::set<counted*>{first, second}));
  if (maxprocs() == 1) {
    EXPECT_EQ(a.get(), first);
  }
  EXPECT_EQ(first->value, 1);
}

GO_TEST(Pool, OneUserAtATimeAndNoneLost) {
  {
    pool<counted> all;
    on_all(8, 2, [&](int i) {
      for (int k = 0; k < 500; ++k) {
        auto mine = all.get();
        if (mine->used.exchange(true)) ADD_FAILURE() << "two have it";
        if ((i + k) % 4 == 0) yield();
        mine->used = false;
      }
    });
    EXPECT_LE(counted::alive, 10);
    EXPECT_GE(counted::alive, 1);
  }
  EXPECT_EQ(counted::alive, 0);
}

// One gets all that another gives back, wherever both are.
GO_TEST(Pool, WhoFindsNothingLooksAtTheOthers) {
  {
    pool<counted> all;
    auto c = make_chan<pool<counted>::pointer>(4);
    wait_group wg;
    wg.go([&] {
      while (auto next = c.recv()) next->reset();
    });
    for (int i = 0; i < 2000; ++i) c.send(all.get());
    c.close();
    wg.wait();
    // In the channel, in both hands, and one that was on its way.
    EXPECT_LE(counted::alive, 16);
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(Pool, KeepsSoMany) {
  counted::alive = 0;
  {
    pool<counted> all(3);
    std::vector<pool<counted>::pointer> mine;
    for (int i = 0; i < 10; ++i) mine.push_back(all.get());
    EXPECT_EQ(counted::alive, 10);
    mine.clear();
    EXPECT_EQ(counted::alive, 3);
  }
  EXPECT_EQ(counted::alive, 0);
  EXPECT_THROW(pool<counted>(SIZE_MAX / 2), std::bad_alloc);
  pool<counted> none(0);
  none.get().reset();
  EXPECT_EQ(counted::alive, 0);
}

struct failing {
  static inline bool fail = true;
  failing() {
    if (fail) throw std::runtime_error("no");
  }
};

TEST(Pool, AnObjectThatCannotBeMadeIsTold) {
  pool<failing> all;
  EXPECT_THROW((void)all.get(), std::runtime_error);
  failing::fail = false;
  EXPECT_NE(all.get(), nullptr);
}

// What a run leaves is the next one's; a global may be both's.
pool<std::array<std::byte, 4096>> shared;

TEST(Pool, IsOfNoRun) {
  void* first = nullptr;
  for (int i = 0; i < 3; ++i)
    run(
        [&] {
          auto mine = shared.get();
          if (i == 0) first = mine.get();
          EXPECT_EQ(mine.get(), first);
        },
        {.maxprocs = 1});
}

}  // namespace
}  // namespace burrow
