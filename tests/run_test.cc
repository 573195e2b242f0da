// tests/run_test.cc - run: results, restarts, what outlives it, what it ends.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/signal.h"
#include "tests/support/afterrun.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;

TEST(Run, ResultIsThatOfTheMainGoroutine) {
  EXPECT_EQ(run([] { return 42; }), 42);
  EXPECT_EQ(run([] {}), 0);
}

TEST(Run, TakesAMoveOnlyFunction) {
  auto p = std::make_unique<int>(7);
  EXPECT_EQ(run([p = std::move(p)] { return *p; }), 7);
}

TEST(Run, OneAtATime) {
  run([] { EXPECT_THROW(run([] {}), std::logic_error); });
  std::thread([] { EXPECT_EQ(run([] { return 3; }), 3); }).join();
}

TEST(Run, BadOptionsAreRefusedAndNothingIsLost) {
  EXPECT_THROW(run([] {}, {.maxprocs = -1}), std::invalid_argument);
  EXPECT_THROW(run([] {}, {.stack_size = ~std::size_t{0} >> 3}),
               std::length_error);
  EXPECT_EQ(run([] { return maxprocs(); }, {.maxprocs = 3}), 3);
}

TEST(Run, GoOutsideOfARunThrows) {
  EXPECT_THROW(go([] {}), std::logic_error);
}

TEST(Run, ThousandsInARow) {
  for (int i = 0; i < 3000; i++) {
    std::atomic<int> n{0};
    run(
        [&n] {
          auto c = make_chan<int>();
          for (int k = 0; k < 4; k++) go([&n, c] { n++, c.send(1); });
          for (int k = 0; k < 4; k++) c.recv();
        },
        {.maxprocs = 1 + i % 4});
    ASSERT_EQ(n.load(), 4);
  }
}

TEST(Run, FromManyThreadsInTurn) {
  for (int i = 0; i < 50; i++)
    std::thread([] {
      EXPECT_EQ(run([] { return maxprocs(); }, {.maxprocs = 2}), 2);
    }).join();
}

// parkedgs returns how many goroutines are parked.
int parkedgs() {
  int n = 0;
  rt::foreachg(
      [](rt::g* gp, void* count) {
        if (gp->status.load(std::memory_order_relaxed) == rt::gstatus::waiting)
          ++*static_cast<int*>(count);
      },
      &n);
  return n;
}

// Goroutines that are parked when main returns never run again, and leave no
// trace in the objects that they waited for.
TEST(Run, AbandonedWaitersAreOffTheQueuesOfWhatOutlivesTheRun) {
  auto c = make_chan<int>();
  auto d = make_chan<int>();
  mutex mu;
  wait_group wg;
  std::atomic<int> woken{0};
  for (int round = 0; round < 200; round++) {
    run(
        [&] {
          wg.add(1);
          mu.lock();
          for (int i = 0; i < 3; i++) {
            go([&, c] { c.recv(), woken++; });
            go([&] { wg.wait(), woken++; });
            go([&] { mu.lock(), woken++; });
            go([&, c] {
              select(recv(c), send(d, 1));
              woken++;
            });
          }
          // Who is not parked yet may run user code after the end.
          while (parkedgs() < 12) yield();
        },
        {.maxprocs = 1 + round % 3});
    run([&] {
      wg.done();
      mu.unlock();
      EXPECT_TRUE(mu.try_lock());
      mu.unlock();
      EXPECT_FALSE(c.try_send(1));
      EXPECT_FALSE(d.try_recv());
      for (int i = 0; i < 5; i++) yield();
    });
    ASSERT_EQ(woken.load(), 0);
  }
}

// Woken, but not yet run, when the run ends; and the object it waited for is
// gone by then. Main keeps its p, however long it takes: else the woken ones run
// elsewhere meanwhile, and find their object gone.
TEST(Run, WokenButNotRunWhenItsObjectIsGone) {
  setenv("BURROW_DEBUG", "asyncpreemptoff=1", 1);
  for (int round = 0; round < 100; round++)
    run(
        [] {
          auto mu = std::make_unique<mutex>();
          auto wg = std::make_unique<wait_group>();
          mu->lock();
          wg->add(1);
          go([&m = *mu] { m.lock(); });
          go([&w = *wg] { w.wait(); });
          while (parkedgs() < 2) yield();  // or they come after the end
          mu->unlock();
          wg->done();
        },
        {.maxprocs = 1});
  unsetenv("BURROW_DEBUG");
}

TEST(Run, RunnableGoroutinesAreDropped) {
  for (int round = 0; round < 100; round++) {
    auto ran = std::make_shared<std::atomic<int>>(0);
    run(
        [ran] {
          for (int i = 0; i < 1000; i++) go([ran] { (*ran)++; });
        },
        {.maxprocs = 1 + round % 3});
    // Those that are in user code at this moment may still add theirs: one a
    // p.
    const int then = ran->load();
    run([] { yield(); });
    ASSERT_LE(ran->load(), then + 3);
  }
}

// hog is a goroutine that computes until it is let go on. It looks at this
// object until it has ended.
struct hog {
  std::atomic<bool> started{false}, let{false}, beyond{false};

  // outlives is a run that ends while the hog computes. Then it calls f.
  template <typename F>
  void outlives(F f) {
    run(
        [&] {
          lock_os_thread();  // main stays on this thread, the hog gets another
          go([this, f] {
            started = true;
            while (!let) {
            }
            f();
            beyond = true;
          });
          while (!started) yield();
        },
        {.maxprocs = 2});
  }

  // ended lets the hog go on and waits for its end; true: f did not return.
  bool ended() {
    let = true;
    testsupport::awaitzombies();
    return !beyond;
  }
};

// A goroutine in user code when main returns ends at its next call into the
// runtime that can block.
TEST(Run, HogEndsAtItsNextCall) {
  hog h;
  h.outlives([] { yield(); });
  h.let = true;
  for (int i = 0; i < 20; i++) run([] { yield(); }, {.maxprocs = 2});
  EXPECT_TRUE(h.ended());
}

// The same, if that call would have thrown for want of a run.
TEST(Run, HogEndsAtACallThatNeedsARun) {
  static const auto c = make_chan<int>(1);
  for (void (*call)() : {
           +[] { signals::notify(c, {SIGUSR1}); },
           +[] { signals::ignore({SIGUSR1}); },
           +[] { signals::reset(); },
           +[] { signals::notify_context(background(), {SIGUSR1}); },
           +[] { run([] {}); },
           +[] { go([] {}); },
           +[] { after(1ms); },
           +[] { with_timeout(background(), 1s); },
       }) {
    hog between, during;
    between.outlives(call);
    EXPECT_TRUE(between.ended());  // while no run is on
    during.outlives(call);
    run([&during] {
      EXPECT_TRUE(during.ended());  // while another one is
      EXPECT_FALSE(rt::sigregistered());
    });
  }
}

// The same, if that call would have set a timer: it must not reach the next
// run's.
TEST(Run, HogThatThenSleepsLeavesNoTimer) {
  for (int round = 0; round < 5; round++) {
    hog h;
    h.outlives([] { sleep_for(20ms); });
    run(
        [&] {
          h.let = true;
          for (int i = 0; i < 10; i++) {
            for (int k = 0; k < 50; k++) go([] { yield(); });
            sleep_for(5ms);
          }
        },
        {.maxprocs = 2});
    ASSERT_TRUE(h.ended());
  }
}

// Writes over what an earlier goroutine has left on the stack.
__attribute__((noinline)) void scribble() {
  volatile unsigned char room[8192];
  for (auto& byte : room) byte = 0x5a;
}

// The same, if that call would have waited for an object: what stood for it in
// the queue lay on its stack, and who gets its g next knows nothing of it.
TEST(Run, HogThatThenWaitsLeavesNothingInItsG) {
  auto c = make_chan<int>();
  hog h;
  h.outlives([c] { c.recv(); });
  run(
      [&] {
        h.let = true;
        sleep_for(50ms);
        wait_group wg;
        for (int i = 0; i < 300; i++) wg.go([] { scribble(), yield(); });
        wg.wait();
        for (int i = 0; i < 5000; i++) go([] {});  // dropped with the run
      },
      {.maxprocs = 1});
  EXPECT_TRUE(h.ended());
  EXPECT_FALSE(c.try_send(1));
}

// The same, if that call would have changed maxprocs, which is for one at a
// time: the next run's have their turn.
TEST(Run, HogThatThenSetsMaxprocsHoldsNobodyUp) {
  hog h;
  h.outlives([] { maxprocs(3); });
  EXPECT_EQ(run(
                [&h] {
                  EXPECT_TRUE(h.ended());
                  maxprocs(3);
                  return maxprocs();
                },
                {.maxprocs = 2}),
            3);
}

TEST(Run, EndsWhileOthersChangeMaxprocs) {
  for (int i = 0; i < 300; i++)
    run(
        [i] {
          for (int k = 0; k < 4; k++)
            go([i, k] {
              for (int n = 0;; n++) maxprocs(2 + (i + k + n) % 3);
            });
          sleep_for(std::chrono::microseconds(200 + i % 300));
        },
        {.maxprocs = 3});
}

// The thread that watches for hogs sleeps between runs.
TEST(Run, AHogIsNoticedInALaterRunToo) {
  run([] {});
  std::this_thread::sleep_for(300ms);
  run(
      [] {
        std::atomic<bool> ran{false};
        go([&] { ran = true; });
        while (!ran) {
        }
      },
      {.maxprocs = 1});
}

TEST(Run, MainMayEndOnAnotherThread) {
  for (int i = 0; i < 200; i++) {
    const int r = run(
        [] {
          auto c = make_chan<int>();
          for (int k = 0; k < 8; k++)
            go([c] {
              for (int n = 0; n < 20; n++) yield();
              c.send(1);
            });
          int sum = 0;
          for (int k = 0; k < 8; k++) sum += *c.recv();
          return sum;
        },
        {.maxprocs = 4});
    ASSERT_EQ(r, 8);
  }
}

TEST(Run, MaxprocsFromTheEnvironment) {
  setenv("BURROW_MAXPROCS", "5", 1);
  EXPECT_EQ(run([] { return maxprocs(); }), 5);
  EXPECT_EQ(run([] { return maxprocs(); }, {.maxprocs = 2}), 2);
  testing::internal::CaptureStderr();
  setenv("BURROW_MAXPROCS", "many", 1);
  EXPECT_GE(run([] { return maxprocs(); }), 1);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("BURROW_MAXPROCS"),
            std::string::npos);
  unsetenv("BURROW_MAXPROCS");
}

TEST(Run, BadEnvironmentIsSaidInOneLineEach) {
  setenv("BURROW_STACK_SIZE", "12q", 1);
  setenv("BURROW_DEBUG", "asyncpreemptoff=1,nonsense=2", 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(run([] { return 1; }), 1);
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_NE(err.find("BURROW_STACK_SIZE=12q"), std::string::npos) << err;
  EXPECT_NE(err.find("nonsense=2"), std::string::npos) << err;
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 2) << err;
  unsetenv("BURROW_STACK_SIZE");
  unsetenv("BURROW_DEBUG");
}

}  // namespace
}  // namespace burrow
