// tests/timer_heap_test.cc - the heap that timers wait in: order, places.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "runtime/time/heap.h"
#include "runtime/time/timers.h"

namespace {

using burrow::rt::timerentry;

constexpr burrow::rt::timerops kNoOps = {};

timerentry entry(burrow::rt::timer& t, std::int64_t when) {
  return {when, reinterpret_cast<std::uintptr_t>(&t)};
}

void expectsound(const burrow::rt::timers& ts) {
  for (std::uint32_t i = 0; i < ts.len; ++i) {
    const std::uint32_t parent = i == 0 ? 0 : (i - 1) / 4;
    ASSERT_LE(ts.heap[parent].when, ts.heap[i].when) << i;
    ASSERT_EQ(burrow::rt::timerof(ts.heap[i])->index, i);
  }
  ASSERT_EQ(ts.minwhen(), ts.len == 0 ? 0 : ts.heap[0].when);
}

TEST(TimerHeap, RandomPushesAndRemovalsKeepItSound) {
  std::mt19937 rng(1);
  std::vector<std::unique_ptr<burrow::rt::timer>> all;
  for (int i = 0; i < 300; ++i)
    all.push_back(std::make_unique<burrow::rt::timer>(&kNoOps));
  burrow::rt::timers ts;
  std::vector<burrow::rt::timer*> out, in;
  for (const auto& t : all) out.push_back(t.get());
  for (int step = 0; step < 5000; ++step) {
    const bool push = in.empty() || (!out.empty() && rng() % 2 == 0);
    auto& from = push ? out : in;
    auto& to = push ? in : out;
    std::swap(from[rng() % from.size()], from.back());
    burrow::rt::timer* t = from.back();
    from.pop_back();
    to.push_back(t);
    if (push) {
      burrow::rt::heapgrow(ts, ts.len + 1);
      burrow::rt::heappush(ts, entry(*t, 1 + rng() % 100));
    } else {
      burrow::rt::heapremove(ts, t->index);
    }
    ASSERT_EQ(ts.len, in.size());
    expectsound(ts);
  }
}

TEST(TimerHeap, GivesFewAwayAndNeitherManyNorToOneThatWasMoved) {
  std::vector<std::unique_ptr<burrow::rt::timer>> all;
  burrow::rt::timers from, to, gone;
  const auto add = [&] {
    all.push_back(std::make_unique<burrow::rt::timer>(&kNoOps));
    burrow::rt::heapgrow(from, from.len + 1);
    burrow::rt::heappush(from, entry(*all.back(), 100 - from.len));
  };
  while (from.len < 64) add();
  gone.moved = &to;
  EXPECT_FALSE(burrow::rt::givetimers(from, gone));
  EXPECT_EQ(from.len, 64u);
  EXPECT_TRUE(burrow::rt::givetimers(from, to));
  EXPECT_EQ(from.len, 0u);
  EXPECT_EQ(to.len, 64u);
  expectsound(from);
  expectsound(to);
  for (const auto& t : all)
    EXPECT_EQ(t->where.load(), reinterpret_cast<std::uintptr_t>(&to));
  while (from.len < 65) add();
  EXPECT_FALSE(burrow::rt::givetimers(from, to));
  EXPECT_EQ(from.len, 65u);
  // Held by somebody: it does not wait.
  burrow::rt::heapremove(from, 0);
  to.lock.lock();
  EXPECT_FALSE(burrow::rt::givetimers(from, to));
  to.lock.unlock();
  EXPECT_TRUE(burrow::rt::givetimers(from, to));
}

TEST(TimerHeap, PopsInOrder) {
  std::mt19937_64 rng(2);
  std::vector<std::unique_ptr<burrow::rt::timer>> all;
  burrow::rt::timers ts;
  std::vector<std::int64_t> whens;
  for (int i = 0; i < 3000; ++i) {
    all.push_back(std::make_unique<burrow::rt::timer>(&kNoOps));
    whens.push_back(static_cast<std::int64_t>(rng() >> 2) + 1);
    burrow::rt::heapgrow(ts, ts.len + 1);
    burrow::rt::heappush(ts, entry(*all.back(), whens.back()));
  }
  expectsound(ts);
  burrow::rt::heapify(ts);
  expectsound(ts);
  std::sort(whens.begin(), whens.end());
  for (const std::int64_t w : whens) {
    ASSERT_EQ(ts.heap[0].when, w);
    burrow::rt::heapremove(ts, 0);
  }
  EXPECT_EQ(ts.len, 0u);
}

}  // namespace
