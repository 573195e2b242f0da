// tests/dump_race_test.cc - dumps while goroutines and runs begin and end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"

using namespace std::chrono_literals;

namespace burrow {
namespace {

// churn starts goroutines that start, park, wake and end others until `end`.
void churn(wait_group& wg, std::atomic<bool>& end) {
  auto c = make_chan<int>();
  for (int i = 0; i < 8; ++i) {
    wg.go([&end, c, i] {
      mutex mu;
      while (!end.load(std::memory_order_relaxed)) {
        wait_group inner;
        inner.go([&] { const std::lock_guard<mutex> hold(mu); });
        mu.lock();
        yield();
        mu.unlock();
        inner.wait();
        if (i % 2 == 0)
          select(send(c, i), recv(after(100us)));
        else
          select(recv(c), otherwise());
        if (i == 7) sleep_for(10us);
      }
    });
  }
}

GO_TEST(Dump, WhileOthersChurn) {
  wait_group wg;
  std::atomic<bool> end{false};
  churn(wg, end);
  const int null = ::open("/dev/null", O_WRONLY);
  for (int i = 0; i < 100; ++i) {
    debug::dump_goroutines(null);
    yield();
  }
  // Several at a time, threads among them, and others that stop the world.
  wait_group dumpers;
  for (int d = 0; d < 3; ++d) {
    dumpers.go([null, d] {
      for (int i = 0; i < 30; ++i) {
        if (d == 0) maxprocs(i % 3 + 1);
        debug::dump_goroutines(null);
      }
    });
  }
  std::thread outside([null] {
    for (int i = 0; i < 30; ++i) debug::dump_goroutines(null);
  });
  dumpers.wait();
  outside.join();
  end = true;
  wg.wait();
  ::close(null);
}

TEST(Dump, WhileRunsBeginAndEnd) {
  std::atomic<bool> end{false};
  const int null = ::open("/dev/null", O_WRONLY);
  std::thread outside([&] {
    while (!end) debug::dump_goroutines(null);
  });
  for (int i = 0; i < 150; ++i) {
    const int n = run(
        [] {
          auto c = make_chan<int>();
          for (int k = 0; k < 4; ++k) go([c] { c.recv(); });
          for (int k = 0; k < 4; ++k) go([] { yield(); });
          yield();
          return 7;
        },
        {.maxprocs = i % 8 + 1});
    EXPECT_EQ(n, 7);
  }
  end = true;
  outside.join();
  ::close(null);
}

}  // namespace
}  // namespace burrow
