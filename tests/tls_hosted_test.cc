// The table that a hosted system's threads find their m by, without the rest of the
// runtime: runtime/sched/tls_hosted.cc.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "runtime/sched/park.h"
#include "runtime/sched/tls.h"

namespace rt = burrow::rt;

namespace burrow::rt {
void fatal(const char*) noexcept { std::abort(); }
}  // namespace burrow::rt

namespace {

rt::m* named(std::uintptr_t n) { return reinterpret_cast<rt::m*>(n); }

TEST(TlsHosted, AThreadHasNoneAtFirstAndAtLast) {
  EXPECT_EQ(rt::getm(), nullptr);
  rt::setm(named(64));
  EXPECT_EQ(rt::getm(), named(64));
  rt::setm(named(128));
  EXPECT_EQ(rt::getm(), named(128));
  std::thread([] { EXPECT_EQ(rt::getm(), nullptr); }).join();
  rt::setm(nullptr);
  EXPECT_EQ(rt::getm(), nullptr);
  rt::setm(nullptr);
  EXPECT_EQ(rt::getm(), nullptr);
}

TEST(TlsHosted, NobodyRaisesTheFlagOfAnothersThread) {
  EXPECT_EQ(__atomic_load_n(rt::yieldflag(), __ATOMIC_RELAXED), 0U);
}

// All at once, each many times; the slots that they leave are taken again.
TEST(TlsHosted, EachThreadFindsItsOwn) {
  constexpr int kThreads = 200, kTimes = 300;
  std::atomic<int> wrong{0}, here{0};
  std::vector<std::thread> threads;
  for (std::uintptr_t t = 1; t <= kThreads; t++)
    threads.emplace_back([&, t] {
      here.fetch_add(1);
      while (here.load() < kThreads) std::this_thread::yield();
      for (std::uintptr_t i = 0; i < kTimes; i++) {
        rt::m* const mine = named((t << 16) + (i << 3));
        rt::setm(mine);
        if (rt::getm() != mine) wrong++;
        if (i % 8 == 0) std::this_thread::yield();
        if (rt::getm() != mine) wrong++;
        rt::setm(nullptr);
        if (rt::getm() != nullptr) wrong++;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong.load(), 0);
}

// Threads that end without number leave the table as empty as it was.
TEST(TlsHosted, ManyThreadsComeAndGo) {
  for (int i = 0; i < 40'000; i += 100) {
    std::vector<std::thread> threads;
    for (int k = 0; k < 100; k++)
      threads.emplace_back([] {
        rt::setm(named(8));
        rt::setm(nullptr);
      });
    for (std::thread& t : threads) t.join();
  }
  EXPECT_EQ(rt::getm(), nullptr);
}

}  // namespace
