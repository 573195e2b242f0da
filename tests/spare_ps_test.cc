// tests/spare_ps_test.cc - more ps than processors, and goroutines without a p.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <optional>

#include "burrow/burrow.h"
#include "burrow/metrics.h"
#include "runtime/sched/sched.h"
#include "sys/os.h"
#include "tests/support/gotest.h"
#include "tests/support/savedenv.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// soon says whether f() came true within 20 s. It computes: burrow hears nothing of it.
template <class F>
bool soon(F f) {
  const auto end = steady::now() + 20s;
  while (!f())
    if (steady::now() > end) return false;
  return true;
}

bool tells() { return sys::threadtime(sys::gettid()) >= 0; }

class SparePs : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv("BURROW_DEBUG"); }

 private:
  const testsupport::savedenv debug_{"BURROW_DEBUG"};
};

TEST_F(SparePs, AreThoseAboveProcessorsAndFollowMaxprocs) {
  if (!tells()) GTEST_SKIP() << "this system does not tell a thread's time";
  const auto spares = [](int n) {
    maxprocs(n);
    // Sysmon changes it within ms, while too little runs.
    return soon([n] {
      const int spare = rt::sched.nspare.load(std::memory_order_relaxed);
      return spare == std::max(n - num_cpu(), 0);
    });
  };
  run(
      [&] {
        EXPECT_TRUE(spares(num_cpu()));
        EXPECT_TRUE(spares(num_cpu() + 5));
        EXPECT_TRUE(spares(1));
      },
      {.maxprocs = num_cpu() + 3});
}

TEST_F(SparePs, AreNoneIfAskedForAllOrNobodyIsPreempted) {
  for (const char* debug : {"allps=1", "asyncpreemptoff=1"}) {
    ::setenv("BURROW_DEBUG", debug, 1);
    run(
        [] {
          const auto end = steady::now() + 20ms;
          while (steady::now() < end)
            EXPECT_EQ(rt::sched.nspare.load(std::memory_order_relaxed), 0);
        },
        {.maxprocs = num_cpu() + 3});
  }
}

// Nobody's p is taken from them, so that each needs one of its own.
TEST_F(SparePs, AreThereForThoseThatBlockUnnoticed) {
  if (!tells()) GTEST_SKIP() << "this system does not tell a thread's time";
  ::setenv("BURROW_DEBUG", "maxhogs=0", 1);
  const int n = num_cpu() + 20;
  std::atomic<int> blocked{0};
  std::atomic<bool> all{false};
  run(
      [&] {
        wait_group wg;
        for (int i = 0; i < n; ++i)
          wg.go([&] {
            const auto end = steady::now() + 20s;
            while (!all && steady::now() < end) {
              if (++blocked == n) all = true;
              ::usleep(2000);
              --blocked;
            }
          });
        wg.wait();
      },
      {.maxprocs = n});
  EXPECT_TRUE(all) << "they never slept all at once";
}

TEST_F(SparePs, EndlessLoopsAllGetTheirTurn) {
  const int n = num_cpu() + 6;
  std::atomic<int> arrived{0};
  run(
      [&] {
        wait_group wg;
        for (int i = 0; i < n; ++i)
          wg.go([&] {
            ++arrived;
            EXPECT_TRUE(soon([&] { return arrived == n; }));
          });
        wg.wait();
      },
      {.maxprocs = n});
  EXPECT_EQ(arrived, n);
}

TEST_F(SparePs, ATimerIsNotLateForThem) {
  std::atomic<bool> stop{false};
  run(
      [&] {
        wait_group wg;
        for (int i = 0; i < num_cpu() * 4; ++i)
          wg.go([&] {
            while (!stop) {
            }
          });
        const auto start = steady::now();
        for (int i = 0; i < 20; ++i) sleep_for(2ms);
        EXPECT_LT(steady::now() - start, 10s);
        stop = true;
        wg.wait();
      },
      {.maxprocs = num_cpu() * 8});
}

// While all processors are busy, timers are with ps that are at work: nobody's thread has
// to get a processor for them.
TEST_F(SparePs, LeaveTheirTimersToThoseAtWork) {
  if (!tells()) GTEST_SKIP() << "this system does not tell a thread's time";
  const auto withidle = [] {
    for (int i = 0; i < rt::numprocs(); ++i)
      if (rt::allp[i]->status.load() == rt::pstatus::idle &&
          rt::allp[i]->ts.minwhen() != 0)
        return true;
    return false;
  };
  std::atomic<bool> stop{false};
  int fewest = INT_MAX;
  run(
      [&] {
        const testsupport::turntakers busy(num_cpu() * 8, 20us);
        wait_group wg;
        for (int i = 0; i < 20; ++i)
          wg.go([&] {
            while (!stop) sleep_for(1ms);
          });
        EXPECT_TRUE(soon([&] {
          int found = 0;
          for (int i = 0; i < 100; ++i) {
            found += withidle() ? 1 : 0;
            yield();
          }
          fewest = std::min(fewest, found);
          return found < 10;
        })) << "at best "
            << fewest << " of 100 times";
        stop = true;
        wg.wait();
      },
      {.maxprocs = num_cpu() * 8});
}

// giveaway starts a timer on the caller's p and has that leave its timers, as if the p
// was one too many, while the poller is said to sleep for ever. It says whether the poller
// was woken; nothing, if there is none, or the timers stayed.
std::optional<bool> giveaway(const timer& t) {
  t.reset(10s);
  rt::m* mp = rt::getm();
  if (!rt::enter(mp)) mp = rt::reacquire(mp);
  const rt::p* pp = rt::getp(mp);
  std::optional<bool> woken;
  {
    // Under the lock nobody wakes or becomes the poller.
    const rt::lockguard hold(rt::sched.lock);
    const rt::m* poller = rt::sched.pollm;
    rt::sched.nspare = rt::numprocs();
    rt::sched.polluntil = INT64_MAX;
    const bool before = poller != nullptr && poller->park.signaled();
    rt::leavetimers(rt::getp(mp));
    if (poller != nullptr && !before && pp->ts.minwhen() == 0)
      woken = poller->park.signaled();
    rt::sched.polluntil = 1;  // it looks again in any case
  }
  rt::leave(mp);
  return woken;
}

// The poller may look at the one that gets them before, and at the one that gives them
// after.
TEST_F(SparePs, TimersThatAreGivenAwayAreSeenByWhoLooksMeanwhile) {
  run(
      [] {
        const testsupport::turntakers busy(num_cpu() * 4, 20us);
        const timer t{10s};
        EXPECT_TRUE(soon([&] {
          yield();
          const std::optional<bool> woken = giveaway(t);
          EXPECT_TRUE(woken.value_or(true));
          return woken.has_value();
        }));
        t.stop();
      },
      {.maxprocs = num_cpu() + 8});
}

TEST(SysThread, TimeThatAThreadHasRun) {
  if (!tells()) GTEST_SKIP() << "this system does not tell a thread's time";
  const std::int64_t before = sys::threadtime(sys::gettid());
  ASSERT_GT(before, 0);
  testsupport::compute(5ms);
  EXPECT_GT(sys::threadtime(sys::gettid()), before);
  EXPECT_EQ(sys::threadtime(0x3ffffff), -EINVAL);
}

// hasoneafter has send() called, with somebody waiting at c, by a goroutine that has lost
// its p, and says whether it has one afterwards.
bool hasoneafter(bool (*send)(chan<int>& c)) {
  bool has = false;
  run(
      [&] {
        auto c = make_chan<int>();
        std::atomic<bool> stop{false};
        wait_group wg;
        wg.go([&] { c.recv(); });
        wg.go([&] {
          while (!stop) yield();
        });
        sleep_for(1ms);
        EXPECT_TRUE(soon([] { return metrics::read().ms_without_p > 0; }));
        EXPECT_TRUE(send(c));
        has = metrics::read().ms_without_p == 0;
        stop = true;
        wg.wait();
      },
      {.maxprocs = 1});
  return has;
}

// A goroutine that finds somebody waiting each time it sends never parks; that is no
// reason to go on without a p.
TEST(WithoutAP, ASenderWaitsForOne) {
  EXPECT_TRUE(hasoneafter([](chan<int>& c) { return c.send(1), true; }));
}

// The caller may hold a lock, or be in a blocking call.
TEST(WithoutAP, WhoOnlyTriesDoesNotWait) {
  EXPECT_FALSE(hasoneafter([](chan<int>& c) { return c.try_send(1); }));
  EXPECT_FALSE(hasoneafter([](chan<int>& c) {
    const no_preempt here;
    return c.send(1), true;
  }));
}

}  // namespace
}  // namespace burrow
