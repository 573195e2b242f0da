// tests/luck_test.cc - when it pays to ask on before a sleep.

#include "runtime/sched/luck.h"

#include <gtest/gtest.h>

namespace burrow::rt {
namespace {

// asks counts how many of n sleeps l asks before, if it then finds something in each
// but every nth.
int asks(luck& l, int n, int nth) {
  int asked = 0;
  for (int i = 0; i < n; i++) {
    if (!l.ask()) continue;
    asked++;
    l.found(nth == 0 || asked % nth != 0);
  }
  return asked;
}

TEST(Luck, AsksAsLongAsItFinds) {
  luck l;
  EXPECT_GE(asks(l, 1000, 0), 1000 - 64);  // from the first try on
  EXPECT_EQ(asks(l, 1000, 0), 1000);
  EXPECT_EQ(asks(l, 1000, 5), 1000);  // four of five are enough
}

TEST(Luck, IsTriedEverLessOftenInVain) {
  luck l;
  EXPECT_LE(asks(l, 1000, 1), 5);
  EXPECT_LE(asks(l, 1'000'000, 1), 1'000'000 / 4096 + 10);
  EXPECT_GE(asks(l, 1'000'000, 1), 1'000'000 / 4096 - 1);  // but tried
}

// Finding every second time does not pay.
TEST(Luck, IsNotForHalfOfTheSleeps) {
  luck l;
  EXPECT_LE(asks(l, 100'000, 2), 100'000 / 10);
}

// It ends soon after the luck, and comes back.
TEST(Luck, Turns) {
  luck l;
  asks(l, 1000, 0);
  EXPECT_LE(asks(l, 64, 1), 8);
  EXPECT_LE(asks(l, 1'000'000, 1), 300);
  EXPECT_GE(asks(l, 5000, 0), 5000 - 4096);
  EXPECT_EQ(asks(l, 1000, 0), 1000);
}

}  // namespace
}  // namespace burrow::rt
