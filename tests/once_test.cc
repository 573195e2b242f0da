// tests/once_test.cc - once and once_value.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

GO_TEST(Once, RunsOneFunctionOneTime) {
  for (int round = 0; round < 50; ++round) {
    once o;
    int n = 0;
    on_all(10, round % 10 == 0 ? 2 : 0, [&](int) {
      o.call([&] {
        yield();
        ++n;
      });
      EXPECT_EQ(n, 1);  // all come back after it
    });
    o.call([&] { n = 99; });
    EXPECT_EQ(n, 1);
  }
}

GO_TEST(Once, AThrowCountsAsItsRun) {
  once o;
  EXPECT_THROW(o.call([] { throw std::runtime_error("x"); }),
               std::runtime_error);
  bool ran = false;
  o.call([&] { ran = true; });
  EXPECT_FALSE(ran);
}

GO_TEST(Once, AThrowLetsThoseThatWaitGo) {
  once o;
  std::atomic<int> returned{0};
  std::atomic<bool> inside{false};
  wait_group wg;
  wg.go([&] {
    EXPECT_THROW(o.call([&] {
      inside = true;
      settle();
      throw std::runtime_error("x");
    }),
                 std::runtime_error);
  });
  while (!inside.load()) yield();
  for (int i = 0; i < 4; ++i) {
    wg.go([&] {
      o.call([] { ADD_FAILURE(); });
      ++returned;
    });
  }
  wg.wait();
  EXPECT_EQ(returned.load(), 4);
}

GO_TEST(Once, AGoexitCountsAsItsRun) {
  once o;
  wait_group wg;
  wg.go([&] { o.call([] { goexit(); }); });
  wg.wait();
  o.call([] { ADD_FAILURE(); });
}

GO_TEST(Once, MayBeDestroyedWhenCallReturns) {
  for (int i = 0; i < 500; ++i) {
    struct object {
      once o;
      std::atomic<int> refs{2};
    };
    auto* p = new object;
    on_all(2, 0, [p](int) {
      p->o.call([] { yield(); });
      if (--p->refs == 0) delete p;
    });
  }
}

GO_TEST(OnceValue, ComputesOnceAndKeepsTheValue) {
  int calls = 0;
  const auto value = once_value([&] {
    ++calls;
    return std::make_unique<std::string>("one");
  });
  static_assert(
      std::is_same_v<decltype(value()), const std::unique_ptr<std::string>&>);
  on_all(8, 2, [&](int) { EXPECT_EQ(*value(), "one"); });
  EXPECT_EQ(calls, 1);
  const auto copy = value;
  EXPECT_EQ(&copy(), &value());
}

GO_TEST(OnceValue, RethrowsTheSameExceptionEachTime) {
  int calls = 0;
  const auto value = once_value([&]() -> int {
    throw std::runtime_error("call " + std::to_string(++calls));
  });
  const void* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    try {
      value();
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "call 1");
      if (first == nullptr) first = &e;
      EXPECT_EQ(first, &e);
    }
  }
}

GO_TEST(OnceValue, AGoexitInTheFunctionIsAPanicForTheOthers) {
  const auto value = once_value([]() -> int { goexit(); });
  wait_group wg;
  wg.go([&] { value(); });
  wg.wait();
  EXPECT_EQ(panictext([&] { value(); }),
            "once_value: the function has not returned");
}

GO_TEST(OnceValue, TakesVoidAndReferences) {
  int n = 0;
  const auto act = once_value([&] { ++n; });
  act();
  act();
  EXPECT_EQ(n, 1);
  const auto ref = once_value([&]() -> int& { return n; });
  static_assert(std::is_same_v<decltype(ref()), int&>);
  EXPECT_EQ(&ref(), &n);
}

}  // namespace
}  // namespace burrow
