// tests/select_many_test.cc - selects of so many cases that they are done in another
// way: probes at random, words of ready cases, and a turn for others before a park.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::chan;
using burrow::make_chan;
using burrow::recv;
using burrow::select;
using burrow::select_case;

// The cases that receive from each of c into got.
std::vector<select_case> receives(std::vector<chan<int>>& c,
                                  std::optional<int>& got) {
  std::vector<select_case> cases;
  cases.reserve(c.size());
  for (auto& x : c) cases.emplace_back(recv(x, got));
  return cases;
}

// Some ready ones of 130 cases, in three words, neighbours and not: each is chosen
// as often as any other, whether probes find them (many) or not (few).
void expectuniform(const std::vector<std::size_t>& ready) {
  constexpr std::size_t kCases = 130;
  constexpr int kEach = 2'000;  // sigma is 44
  std::vector<chan<int>> c(kCases);
  for (auto& x : c) x = make_chan<int>(1);
  std::optional<int> got;
  auto cases = receives(c, got);
  std::array<int, kCases> hits{};
  const int n = kEach * static_cast<int>(ready.size());
  for (std::size_t i : ready) c[i].send(0);
  for (int k = 0; k < n; ++k) {
    const std::size_t i = select(cases);
    ++hits[i];
    c[i].send(0);
  }
  int sum = 0;
  for (std::size_t i : ready) {
    EXPECT_GT(hits[i], kEach - 300) << i;
    EXPECT_LT(hits[i], kEach + 300) << i;
    sum += hits[i];
  }
  EXPECT_EQ(sum, n);
}

GO_TEST(SelectMany, ChoiceIsUniformAmongFew) {
  expectuniform({0, 1, 63, 64, 129});
}

GO_TEST(SelectMany, ChoiceIsUniformAmongHalf) {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < 65; ++i) ready.push_back(i);
  expectuniform(ready);
}

// A sender behind each channel: nothing is lost, each one's order is kept, whatever
// the number of cases and of those that wait.
GO_TEST(SelectMany, EachSendersItemsComeInOrder) {
  for (const std::size_t n : {7, 8, 9, 64, 65, 200}) {
    for (const std::size_t cap : {0, 3}) {
      std::vector<chan<int>> c(n);
      for (auto& x : c) x = make_chan<int>(cap);
      constexpr int kItems = 50;
      for (auto& x : c)
        burrow::go([out = x] {
          for (int k = 0; k < kItems; ++k) out.send(k);
        });
      std::optional<int> got;
      auto cases = receives(c, got);
      std::vector<int> next(n, 0);
      for (std::size_t k = 0; k < n * kItems; ++k) {
        const std::size_t i = select(cases);
        EXPECT_EQ(got, next[i]) << i;
        ++next[i];
      }
      for (int k : next) EXPECT_EQ(k, kItems);
    }
  }
}

// While others run, a select of many that cannot go on lets them; it must then not
// miss who came in between, nor wait for who never comes.
GO_TEST(SelectMany, WaitsAmongOthersThatRun) {
  std::vector<chan<int>> c(12);
  for (auto& x : c) x = make_chan<int>();
  bool stop = false;
  auto ended = make_chan<int>(3);
  for (int i = 0; i < 3; ++i)
    burrow::go([&stop, ended] {
      while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) burrow::yield();
      ended.send(0);
    });
  std::optional<int> got;
  auto cases = receives(c, got);
  for (int k = 0; k < 100; ++k) {
    burrow::go([&c, k] {
      for (int turns = k % 5; turns > 0; --turns) burrow::yield();
      c[static_cast<std::size_t>(k) % c.size()].send(k);
    });
    EXPECT_EQ(select(cases), static_cast<std::size_t>(k) % c.size());
    EXPECT_EQ(got, k);
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
  for (int i = 0; i < 3; ++i) ended.recv();
}

// Beside others that compute it does not give them turn after turn: when a sender has
// come, few of them have run since, of 500 us each.
TEST(SelectMany, IsNotLateBehindThoseThatCompute) {
  constexpr int kOthers = 7, kSelects = 21;
  std::vector<int> seen;
  burrow::run(
      [&] {
        const burrow::testsupport::turntakers others(kOthers);
        std::vector<chan<int>> c(8);
        for (auto& x : c) x = make_chan<int>();
        std::optional<int> got;
        auto cases = receives(c, got);
        for (int k = 0; k < kSelects; ++k) {
          burrow::go([&, before = others.turns()] {
            burrow::sleep_for(100us);
            c[5].send(before);
          });
          select(cases);
          seen.push_back(others.turns() - *got);
        }
      },
      {.maxprocs = 1});
  std::sort(seen.begin(), seen.end());
  EXPECT_LT(seen[kSelects / 2], kOthers - 2);
}

// One that is locked to its thread, and one that its waiter runs in place.
GO_TEST(SelectMany, WhoCannotYieldCheaply) {
  std::vector<chan<int>> c(10);
  for (auto& x : c) x = make_chan<int>();
  std::optional<int> got;
  auto cases = receives(c, got);
  for (int k = 0; k < 50; ++k) {
    burrow::go([&] { c[3].send(k); });
    auto child = burrow::async([&] { return select(cases); });
    EXPECT_EQ(child.get(), 3u);
    EXPECT_EQ(got, k);
  }
  burrow::lock_os_thread();
  for (int k = 0; k < 50; ++k) {
    burrow::go([&] { c[9].send(k); });
    EXPECT_EQ(select(cases), 9u);
    EXPECT_EQ(got, k);
  }
  burrow::unlock_os_thread();
}

}  // namespace
