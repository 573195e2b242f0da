// tests/runq_test.cc - the private run queue: order, growth, wrap-around.

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <random>

#include "runtime/sched/runq.h"

namespace burrow::rt {
namespace {

g* fake(std::uintptr_t n) { return reinterpret_cast<g*>(n * 16 + 16); }

TEST(Runq, BothEndsAgreeWithADequeOverRandomOperations) {
  std::mt19937 rnd(1);
  runq q;
  std::deque<g*> want;
  for (std::uintptr_t i = 0; i < 200'000; i++) {
    switch (rnd() % 5) {
      case 0:
        if (!want.empty()) {
          ASSERT_EQ(q.popfront(), want.front());
          want.pop_front();
        }
        break;
      case 1:
        if (!want.empty()) {
          ASSERT_EQ(q.popback(), want.back());
          want.pop_back();
        }
        break;
      default:
        q.pushback(fake(i));
        want.push_back(fake(i));
    }
    ASSERT_EQ(q.size(), want.size());
  }
}

// Growing renumbers the slots: a queue whose head has moved must not lose what
// is pushed by the very call that grows.
TEST(Runq, GrowsWithAMovedHead) {
  runq q;
  for (std::uintptr_t i = 0; i < 100; i++) q.pushback(fake(i));
  for (std::uintptr_t i = 0; i < 100; i++) ASSERT_EQ(q.popfront(), fake(i));
  for (std::uintptr_t i = 0; i < 5000; i++) q.pushback(fake(i));
  ASSERT_EQ(q.size(), 5000u);
  for (std::uintptr_t i = 0; i < 5000; i++) ASSERT_EQ(q.popfront(), fake(i));
}

TEST(Runq, ClearForgetsAndCanBeUsedAgain) {
  runq q;
  for (std::uintptr_t i = 0; i < 5000; i++) q.pushback(fake(i));
  q.clear();
  ASSERT_TRUE(q.empty());
  q.pushback(fake(7));
  ASSERT_EQ(q.popback(), fake(7));
}

}  // namespace
}  // namespace burrow::rt
