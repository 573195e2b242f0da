// tests/deadlock_cycle_test.cc - naming goroutines that wait for each other.
//
// The failures run in children; those in which somebody goes on are in the
// healthy tests, where nothing may be named.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>

#include "burrow/burrow.h"
#include "runtime/sched/sched.h"
#include "tests/support/chantest.h"
#include "tests/support/dumptest.h"
#include "tests/support/failure.h"

namespace prog {

using namespace burrow;

// Both goroutines have their first lock before either wants the second.
template <class First, class Second>
void crosswise(First& a, Second& b) {
  static wait_group both;
  both.add(2);
  const auto take = [](auto& one, auto& two) {
    one.lock();
    both.done();
    both.wait();
    two.lock();
  };
  go(go_options{.name = "ab"}, [&, take] { take(a, b); });
  go(go_options{.name = "ba"}, [&, take] { take(b, a); });
}

[[noreturn]] void block() { select(); }

void mutexes() {
  static mutex a, b;
  crosswise(a, b);
  block();
}

void writers() {
  static mutex a;
  static rw_mutex b;
  crosswise(a, b);
  block();
}

void twice() {
  mutex a;
  a.lock();
  a.lock();
}

void ring(int n) {
  static std::array<mutex, 40> forks;
  static wait_group all;
  all.add(n);
  for (int i = 0; i < n; ++i) {
    go([i, n] {
      forks[static_cast<std::size_t>(i)].lock();
      all.done();
      all.wait();
      forks[static_cast<std::size_t>((i + 1) % n)].lock();
    });
  }
  block();
}

// "ab" finds a taken each time it is woken, until the mutex is handed to it: the
// mark has to go along.
void handed() {
  static mutex a, b;
  a.lock();
  b.lock();
  go(go_options{.name = "ab"}, [] {
    a.lock();
    b.lock();
  });
  for (;;) {
    yield();
    a.unlock();
    a.lock();
  }
}

// Main waits for a worker, who waits for main's channel.
void references() {
  wait_group wg;
  auto c = make_chan<int>();
  wg.go([c] { c.recv(); });
  wg.wait();
}

void readers() {
  static rw_mutex rw;
  wait_group wg;
  wg.add(1);
  rw_mutex* shared = &rw;
  go(go_options{.name = "reader"}, [shared, &wg] {
    const std::shared_lock<rw_mutex> hold(*shared);
    wg.wait();
  });
  while (rw.try_lock()) {
    rw.unlock();
    yield();
  }
  wait_group* mine = &wg;
  shared->lock();
  mine->done();
}

void many() {
  auto c = make_chan<int>();
  for (int i = 0; i < 1500; ++i) go([c] { c.recv(); });
  block();
}

void panic() {
  static mutex a, b;
  crosswise(a, b);
  while (!testsupport::like(testsupport::dumped(), "wait-for")) yield();
  throw std::runtime_error("boom");
}

// Panics on a goroutine whose p may have been taken, beside one that computes.
void panichog() {
  std::atomic<bool> in{false};
  go(go_options{.name = "hog"}, [&] {
    in = true;
    for (;;) in.load();
  });
  while (!in) yield();
  throw std::runtime_error("boom");
}

// Another thread has failed with the scheduler's lock.
void stuck() {
  const auto c = make_chan<int>();
  go([c] { c.recv(); });
  testsupport::await_waiters(c, 1);
  rt::sched.lock.lock();
  throw std::runtime_error("boom");
}

const failures table = {
    {"mutexes", mutexes},
    {"writers", writers},
    {"twice", twice},
    {"ring5", [] { ring(5); }},
    {"ring40", [] { ring(40); }},
    {"handed", handed},
    {"references", references},
    {"readers", readers},
    {"many", many},
    {"panic", panic},
    {"panichog", panichog},
    {"stuck", stuck},
};

}  // namespace prog

namespace burrow {
namespace {

using testsupport::child_result;
using testsupport::count;
using testsupport::dumped;
using testsupport::fail;
using testsupport::has;
using testsupport::like;
using testsupport::matches;

constexpr const char* kDeadlock =
    "fatal error: all goroutines are asleep - deadlock!\n";

TEST(Cycle, TwoMutexesInOppositeOrder) {
  const child_result r = fail("mutexes");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(
      matches(r.err,
              "^fatal error: all goroutines are asleep - deadlock!\n\n"
              "wait-for cycle: goroutine ([0-9]+) (\"ab\"|\"ba\") "
              "\\[sync\\.Mutex\\.Lock\\] waits for mutex (0x[0-9a-f]+) held by "
              "goroutine ([0-9]+) (\"ab\"|\"ba\"); goroutine \\4 \\5 "
              "\\[sync\\.Mutex\\.Lock\\] waits for mutex (0x[0-9a-f]+) held by "
              "goroutine \\1 \\2\n\ngoroutine 1 "))
      << r.err;
  EXPECT_EQ(count(r.err, "wait-for cycle"), 1);
}

TEST(Cycle, AMutexAndAWriter) {
  const child_result r = fail("writers");
  EXPECT_TRUE(has(r.err, "\nwait-for cycle: ")) << r.err;
  EXPECT_TRUE(has(r.err, "[sync.RWMutex.Lock] waits for rw_mutex 0x")) << r.err;
  EXPECT_TRUE(has(r.err, "[sync.Mutex.Lock] waits for mutex 0x")) << r.err;
}

TEST(Cycle, OneGoroutineAndOneMutex) {
  const child_result r = fail("twice");
  EXPECT_TRUE(matches(r.err,
                      "\nwait-for cycle: goroutine ([0-9]+) "
                      "\\[sync\\.Mutex\\.Lock\\] waits for mutex "
                      "0x[0-9a-f]+ held by goroutine \\1\n"))
      << r.err;
}

TEST(Cycle, ARing) {
  const child_result five = fail("ring5");
  EXPECT_EQ(count(five.err, "wait-for cycle: "), 1) << five.err;
  EXPECT_EQ(count(five.err, " held by goroutine "), 5) << five.err;
  const child_result forty = fail("ring40");
  EXPECT_EQ(count(forty.err, "wait-for cycle: "), 1) << forty.err;
  EXPECT_EQ(count(forty.err, " held by goroutine "), 16) << forty.err;
  EXPECT_TRUE(has(forty.err, "; and 24 more\n")) << forty.err;
}

TEST(Cycle, TheOwnerOfAMutexThatWasHandedOver) {
  for (int i = 0; i < 5; ++i) {
    const child_result r = fail("handed");
    EXPECT_TRUE(matches(r.err,
                        "\nwait-for cycle: goroutine 1 "
                        "\\[sync\\.Mutex\\.Lock\\] waits for mutex "
                        "0x[0-9a-f]+ held by goroutine ([0-9]+) \"ab\"; "
                        "goroutine \\1 \"ab\" \\[sync\\.Mutex\\.Lock\\] waits "
                        "for mutex 0x[0-9a-f]+ held by goroutine 1\n"))
        << r.err;
  }
}

TEST(Cycle, WaitGroupsAndChannelsArePossible) {
  const child_result r = fail("references");
  EXPECT_TRUE(matches(
      r.err,
      "\npossible wait-for cycle: goroutine 1 \\[sync\\.WaitGroup\\.Wait\\] "
      "waits for wait group 0x[0-9a-f]+, may be woken by goroutine ([0-9]+); "
      "goroutine \\1 \\[chan receive\\] waits for channel 0x[0-9a-f]+, may be "
      "woken by goroutine 1\n"))
      << r.err;
}

TEST(Cycle, AWriterThatWaitsForReaders) {
#if defined(__clang__)
  GTEST_SKIP() << "clang keeps no reference on the reader's stack";
#endif
  const child_result r = fail("readers");
  EXPECT_TRUE(matches(
      r.err,
      "\npossible wait-for cycle: goroutine 1 \\[sync\\.RWMutex\\.Lock\\] "
      "waits for rw_mutex 0x[0-9a-f]+, may be woken by goroutine ([0-9]+) "
      "\"reader\"; goroutine \\1 \"reader\" \\[sync\\.WaitGroup\\.Wait\\]"))
      << r.err;
}

TEST(Deadlock, OfManyGoroutinesIsBounded) {
  const child_result r = fail("many");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(r.err.starts_with(kDeadlock)) << r.err;
  EXPECT_EQ(count(r.err, "[chan receive]:\n"), 999);
  EXPECT_TRUE(r.err.ends_with("\n...501 more goroutines left out...\n"));
  EXPECT_FALSE(has(r.err, "wait-for cycle")) << r.err;
}

TEST(PanicAll, ShowsEveryGoroutineAndTheCycles) {
  const child_result r = fail("panic", "all");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(matches(r.err,
                      "^panic: boom \\[std::runtime_error\\]\n\n"
                      "goroutine 1 \\[running\\]:\n"))
      << r.err;
  EXPECT_EQ(count(r.err, "\nwait-for cycle: "), 1) << r.err;
  EXPECT_TRUE(has(r.err, "\"ab\" [sync.Mutex.Lock]:\n")) << r.err;
  EXPECT_TRUE(has(r.err, "\"ba\" [sync.Mutex.Lock]:\n")) << r.err;
  EXPECT_FALSE(has(fail("panic", "single").err, "Lock]:\n"));
}

TEST(PanicAll, BesideAGoroutineThatComputes) {
  for (const char* level : {"all", "system"}) {
    const child_result r = fail("panichog", level);
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_TRUE(has(r.err, "\"hog\" [running]:\n")) << r.err;
    EXPECT_FALSE(has(r.err, "could not be stopped")) << r.err;
  }
}

TEST(PanicAll, SaysSoIfTheOthersCannotBeStopped) {
  const child_result r = fail("stuck", "all");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(has(r.err,
                  "\nThe other goroutines could not be stopped; their states:\n"
                  "goroutine "))
      << r.err;
  EXPECT_TRUE(has(r.err, " [chan receive]:\n")) << r.err;
}

TEST(Example, DeadlockNamesTheCycleAndThenDeadlocks) {
  for (const char* procs : {"1", "2", "8"}) {
    const child_result r = testsupport::run_example(
        "deadlock", {.args = {}, .env = {{"BURROW_MAXPROCS", procs}}});
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_TRUE(
        matches(r.out,
                "^the clerk goes on\n"
                "wait-for cycle: goroutine ([0-9]+) (\"Ann\"|\"Ben\") "
                "\\[sync\\.Mutex\\.Lock\\] waits for mutex 0x[0-9a-f]+ held by "
                "goroutine ([0-9]+) (\"Ann\"|\"Ben\"); goroutine \\3 \\4 "
                "\\[sync\\.Mutex\\.Lock\\] waits for mutex 0x[0-9a-f]+ held by "
                "goroutine \\1 \\2\n$"))
        << r.out;
    EXPECT_TRUE(r.err.starts_with(std::string(kDeadlock) +
                                  "\nwait-for cycle: goroutine "))
        << r.err;
  }
}

// The same mutexes, taken in one order: somebody always goes on.
GO_TEST(Healthy, OneOrderOfMutexesIsNoCycle) {
  static mutex a, b;
  static rw_mutex rw;
  std::atomic<bool> end{false};
  wait_group wg;
  for (int i = 0; i < 4; ++i) {
    wg.go([&end, i] {
      while (!end) {
        const std::lock_guard<mutex> one(a);
        if (i % 2 == 0) yield();
        const std::lock_guard<mutex> two(b);
        yield();
        const std::lock_guard<rw_mutex> three(rw);
        yield();
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const std::string text = dumped();
    // A possible one there may be while somebody runs who has just taken a mutex.
    if (has(text, "\nwait-for cycle")) {
      ADD_FAILURE() << text;
      break;
    }
    yield();
  }
  end = true;
  wg.wait();
}

// Workers wait for jobs and main for the workers, in circles; but there is one
// who feeds them.
GO_TEST(Healthy, AFedPipelineIsNoCycle) {
  auto jobs = make_chan<int>();
  auto results = make_chan<int>();
  wait_group workers;
  for (int i = 0; i < 3; ++i) {
    workers.go([jobs, results] {
      for (int job : jobs) results.send(job);
    });
  }
  wait_group closer;
  closer.go([&] {
    workers.wait();
    results.close();
  });
  std::atomic<int> cycles{0};
  go([jobs, &cycles] {
    for (int i = 0; i < 100; ++i) {
      jobs.send(i);
      sleep_for(std::chrono::microseconds(10));
      if (has(dumped(), "wait-for cycle")) cycles++;
    }
    jobs.close();
  });
  int got = 0;
  for ([[maybe_unused]] int result : results) got++;
  closer.wait();
  EXPECT_EQ(got, 100);
  EXPECT_EQ(cycles, 0);
}

}  // namespace
}  // namespace burrow

int main(int argc, char** argv) {
  return prog::test_main(argc, argv, prog::table);
}
