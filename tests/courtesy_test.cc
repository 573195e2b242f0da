// tests/courtesy_test.cc - how often a busy thread lets others run.

#include "runtime/sched/courtesy.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace burrow::rt {
namespace {

constexpr std::int64_t kUs = 1'000, kMs = 1'000'000, kSecond = 1000 * kMs;

// The nth second of who is always busy, looks each 5 us, and lets others run when it is
// due.
struct second {
  int times = 0;
  std::int64_t given = 0;

  // took says how long the nth turn of the others is.
  template <typename Took>
  second(int nth, courtesy& c, Took took) {
    const std::int64_t end = (nth + 1) * kSecond;
    for (std::int64_t now = nth * kSecond; now < end; now += 5 * kUs) {
      if (!c.due(now)) continue;
      const std::int64_t t = took(times++);
      now += t;
      given += t;
      c.gave(now, t);
    }
  }
};

TEST(Courtesy, IsShownOftenWhereNobodyWants) {
  courtesy c;
  const second s(1, c, [](int) { return 200; });
  EXPECT_GT(s.times, 15'000);
}

TEST(Courtesy, IsShownOftenWhereTurnsAreShort) {
  courtesy c;
  const second s(1, c, [](int n) { return n % 20 == 0 ? 2 * kMs : 300 * kUs; });
  EXPECT_GT(s.times, 2'000);
}

// The neighbour gets its first few turns, and after that a hundredth.
TEST(Courtesy, IsNotWastedOnWhoComputes) {
  courtesy c;
  const auto slice = [](int n) { return n % 3 == 0 ? 200 : 3 * kMs; };
  second(1, c, slice);
  const second s(2, c, slice);
  EXPECT_LT(s.given, 20 * kMs);
  EXPECT_GT(s.times, 1);  // but tried
}

// When the neighbour has gone it comes back, and soon.
TEST(Courtesy, ComesBack) {
  courtesy c;
  second(1, c, [](int) { return 3 * kMs; });
  second(2, c, [](int) { return 100 * kUs; });
  const second s(3, c, [](int) { return 100 * kUs; });
  EXPECT_GT(s.times, 5'000);
}

}  // namespace
}  // namespace burrow::rt
