// tests/preempt_test.cc - goroutines that compute without end, or block their
// threads: they stop nobody, notice nothing, and there is a bound to them.

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <regex>
#include <string>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::child_result;
using testsupport::run_prog;

// hogs computes on four goroutines a p until it is destroyed.
class hogs {
 public:
  hogs() {
    const int n = 4 * maxprocs();
    for (int i = 0; i < n; i++)
      wg_.go([this] {
        while (!stop_.load(std::memory_order_relaxed)) {
        }
      });
  }
  ~hogs() {
    stop_ = true;
    wg_.wait();
  }

 private:
  std::atomic<bool> stop_{false};
  wait_group wg_;
};

GO_TEST(Preempt, TimersGoOnBesideFourHogsAP) {
  const hogs h;
  for (int i = 0; i < 10; i++) sleep_for(2ms);
  ticker t{3ms};
  for (int i = 0; i < 3; i++) EXPECT_TRUE(t.c().recv().has_value());
  auto fired = make_chan<int>(1);
  auto f = after_func(1ms, [fired] { fired.send(1); });
  EXPECT_EQ(fired.recv(), 1);
}

GO_TEST(Preempt, ChannelsGoOnBesideFourHogsAP) {
  const hogs h;
  auto a = make_chan<int>();
  auto b = make_chan<int>(3);
  go([a, b] {
    for (int v : a) b.send(v + 1);
    b.close();
  });
  for (int i = 0; i < 200; i++) {
    a.send(i);
    EXPECT_EQ(b.recv(), i + 1);
  }
  a.close();
}

GO_TEST(Preempt, NewGoroutinesGoOnBesideFourHogsAP) {
  const hogs h;
  std::atomic<int> n{0};
  wait_group wg;
  for (int i = 0; i < 100; i++)
    wg.go([&] {
      yield();
      n++;
    });
  wg.wait();
  EXPECT_EQ(n.load(), 100);
}

// While the goroutine that calls f is in it, the others go on; f is what would
// be interrupted by a signal.
template <class F>
void blockone(F f) {
  std::atomic<bool> in{false}, out{false};
  wait_group wg;
  wg.go([&] {
    in = true;
    f();
    out = true;
  });
  int n = 0;
  for (; !in || n < 5; n++) sleep_for(1ms);
  EXPECT_FALSE(out) << "it did not block for long enough to be seen";
  wg.wait();
}

GO_TEST(Preempt, ABlockingReadStopsNobodyAndIsNotInterrupted) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  std::atomic<int> others{0};
  go([&] {
    while (others < 20) {
      sleep_for(1ms);
      others++;
    }
    EXPECT_EQ(::write(fds[1], "x", 1), 1);
  });
  char b = 0;
  EXPECT_EQ(::read(fds[0], &b, 1), 1) << errno;
  EXPECT_EQ(others.load(), 20);
  ::close(fds[0]);
  ::close(fds[1]);
}

// interrupted says whether a call was, and may have been: by the signal of the
// retake that is for kernels without membarrier (docs/debugging.md).
bool interrupted() {
  const int err = errno;
  const char* debug = std::getenv("BURROW_DEBUG");
  return err == EINTR && debug != nullptr &&
         std::strstr(debug, "sigretake=1") != nullptr;
}

GO_TEST(Preempt, ANanosleepStopsNobodyAndIsNotInterrupted) {
  blockone([] {
    timespec left{1, 0};
    int r;
    do r = ::nanosleep(&left, &left);
    while (r < 0 && interrupted());
    EXPECT_EQ(r, 0) << errno;
  });
}

GO_TEST(Preempt, APollStopsNobodyAndIsNotInterrupted) {
  blockone([] {
    const auto end = std::chrono::steady_clock::now() + 1s;
    pollfd none{-1, 0, 0};
    int r;
    do {
      const auto left = end - std::chrono::steady_clock::now();
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left);
      r = ::poll(&none, 1, std::max(static_cast<int>(ms.count()), 0));
    } while (r < 0 && interrupted());
    EXPECT_EQ(r, 0) << errno;
  });
}

TEST(Preempt, TheExamplePrintsProgressAndHowLateItWas) {
  for (const char* procs : {"1", "2", "8"}) {
    SCOPED_TRACE(procs);
    const child_result r = testsupport::run_example(
        "hog", {.args = {}, .env = {{"BURROW_MAXPROCS", procs}}});
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_EQ(r.out, "20 ticks\n1000 messages\n100 new goroutines\n");
    EXPECT_TRUE(std::regex_match(
        r.err, std::regex("late by [0-9]+\\.[0-9] ms at most\n")))
        << r.err;
  }
}

child_result hogsprog(const char* wanted, const char* debug) {
  return run_prog("hogs", {.args = {wanted}, .env = {{"BURROW_DEBUG", debug}}});
}

TEST(Preempt, ThreadsWithoutAPAreBounded) {
  const child_result r = hogsprog("10", "maxhogs=3");
  EXPECT_EQ(r.exit_code, 0);
  // Three without a p, one with it, and one that was on its way.
  EXPECT_EQ(r.out, "5\n");
  EXPECT_EQ(r.err,
            "burrow: 3 goroutines compute or block their threads beside "
            "maxprocs; others wait now (BURROW_DEBUG=maxhogs)\n");
}

TEST(Preempt, WithoutTheBoundAllBlockAtOnce) {
  const child_result r = hogsprog("10", "");
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out, "10\n");
  EXPECT_EQ(r.err, "");
}

TEST(Preempt, SchedtraceCountsThreadsWithoutAP) {
  const child_result r = hogsprog("11", "schedtrace=10");
  EXPECT_TRUE(std::regex_search(
      r.err, std::regex("SCHED [0-9]+ms: gomaxprocs=1 [^\n]*\\[[0-9]+\\] "
                        "withoutp=[1-9]")))
      << r.err;
}

// What a goroutine that computes for 60 ms at maxprocs 1 sees of another one.
int progressbeside(const char* debug) {
  ::setenv("BURROW_DEBUG", debug, 1);
  int seen = 0;
  run(
      [&] {
        std::atomic<int> n{0};
        std::atomic<bool> stop{false};
        wait_group wg;
        wg.go([&] {
          while (!stop) {
            n++;
            yield();
          }
        });
        yield();
        const int before = n;
        const auto end = std::chrono::steady_clock::now() + 60ms;
        while (std::chrono::steady_clock::now() < end) {
        }
        seen = n - before;
        stop = true;
        wg.wait();
      },
      {.maxprocs = 1});
  ::unsetenv("BURROW_DEBUG");
  return seen;
}

TEST(Preempt, AsyncpreemptoffLeavesAComputingGoroutineItsP) {
  EXPECT_EQ(progressbeside("asyncpreemptoff=1"), 0);
  // On a loaded machine 60 ms may pass without anybody else.
  int seen = 0;
  for (int i = 0; i < 100 && seen == 0; i++) seen = progressbeside("");
  EXPECT_GT(seen, 0);
}

// A child that is run in place waits for one itself, which blocks, and goes on. Nobody's
// p is taken, but there is another that is idle: its waiter goes on there (join.cc).
TEST(Preempt, TheWaiterForAChildThatHasWaitedGoesOn) {
  ::setenv("BURROW_DEBUG", "asyncpreemptoff=1", 1);
  run(
      [] {
        std::atomic<bool> on{false};
        wait_group wg, ended;
        wg.add(1);
        ended.go([&] {
          wait_group inner;
          inner.add(1);
          go([&inner] {
            inner.done();
            blocking([] { testsupport::nap(5ms); });
          });
          inner.wait();
          wg.done();
          while (!on) {
          }
        });
        wg.wait();
        on = true;
        ended.wait();
      },
      {.maxprocs = 2});
  ::unsetenv("BURROW_DEBUG");
}

}  // namespace
}  // namespace burrow
