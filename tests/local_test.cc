// tests/local_test.cc - goroutine-local values.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "burrow/local.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

local<int> global{7};

// alive counts the instances.
struct counted {
  static inline std::atomic<int> alive{0};
  explicit counted(int n = 0) : v(n) { ++alive; }
  counted(const counted& o) : v(o.v) { ++alive; }
  ~counted() { --alive; }
  int v;
};

GO_TEST(Local, EveryGoroutineHasItsOwn) {
  local<int> x{5};
  *x = 1;
  on_all(10, 3, [&](int i) {
    EXPECT_EQ(*x, 5);
    *x += i;
    EXPECT_EQ(*global, 7);
    *global = i;
    for (int k = 0; k < 5; ++k) yield();
    EXPECT_EQ(*x, 5 + i);
    EXPECT_EQ(*global, i);
  });
  EXPECT_EQ(*x, 1);
}

GO_TEST(Local, IsMadeFromAValueOrByAFunctionOrByDefault) {
  local<std::string> copied{"abc"};
  EXPECT_EQ(copied->size(), 3u);
  int calls = 0;
  local<std::unique_ptr<int>> made{
      [&] { return std::make_unique<int>(++calls); }};
  EXPECT_EQ(**made, 1);
  EXPECT_EQ(**made, 1);
  wait_group wg;
  wg.go([&] { EXPECT_EQ(**made, 2); });
  wg.wait();
  const local<int> zero;
  EXPECT_EQ(*zero, 0);
}

GO_TEST(Local, IsDestroyedWithItsGoroutineOrThread) {
  EXPECT_EQ(counted::alive.load(), 0);
  {
    local<counted> x{3};
    const int initial = counted::alive.load();
    on_all(4, 2, [&](int) {
      EXPECT_EQ(x->v, 3);
      yield();
    });
    while (num_goroutine() > 1) yield();
    EXPECT_EQ(counted::alive.load(), initial);
    wait_group wg;
    wg.go([&] {
      x->v = 1;
      goexit();
    });
    wg.wait();
    while (num_goroutine() > 1) yield();
    EXPECT_EQ(counted::alive.load(), initial);
  }
  EXPECT_EQ(counted::alive.load(), 0);
}

GO_TEST(Local, MayBeDestroyedBeforeItsGoroutines) {
  auto hold = make_chan<unit>();
  wait_group used, ended;
  {
    local<counted> x{3};
    used.add(4);
    for (int i = 0; i < 4; ++i) {
      ended.go([&, hold] {
        x->v = 4;
        used.done();
        hold.recv();
        local<counted> y{9};  // the index of x, a stranger's value in its place
        EXPECT_EQ(y->v, 9);
      });
    }
    used.wait();
  }
  hold.close();
  ended.wait();
  while (num_goroutine() > 1) yield();
  EXPECT_EQ(counted::alive.load(), 0);
}

GO_TEST(Local, ADestructorMayUseLocals) {
  static local<int> other{1};
  static std::atomic<int> seen{0};
  struct user {
    user() = default;
    user(const user&) = default;
    ~user() {
      if (armed) seen += *other;
    }
    bool armed = false;
  };
  seen = 0;
  local<user> x;
  on_all(3, 1, [&](int) { x->armed = true; });
  while (num_goroutine() > 1) yield();
  EXPECT_EQ(seen.load(), 4);
}

GO_TEST(Local, ManyObjectsComeAndGo) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<local<int>>> xs;
    for (int i = 0; i < 50; ++i) xs.push_back(std::make_unique<local<int>>(i));
    on_all(2, 0, [&](int k) {
      for (int i = 0; i < 50; ++i) {
        *(*xs[i]) += k;
        ASSERT_EQ(*(*xs[i]), i + k);
      }
    });
  }
}

TEST(Local, WorksOnAThreadOutsideARun) {
  std::thread([] {
    EXPECT_EQ(*global, 7);
    *global = 1;
  }).join();
  EXPECT_EQ(*global, 7);
}

}  // namespace
}  // namespace burrow
