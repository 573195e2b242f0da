// tests/blocking_test.cc - blocking(), and system calls the scheduler knows of.

#include "burrow/syscalls.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/support/dumptest.h"
#include "tests/support/gotest.h"
#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::nap;

GO_TEST(Blocking, ReturnsWhatTheFunctionReturnsAndThrows) {
  EXPECT_EQ(blocking([] { return 7; }), 7);
  int x = 0;
  int& r = blocking([&]() -> int& { return x; });
  EXPECT_EQ(&r, &x);
  blocking([&] { x = 1; });
  EXPECT_EQ(x, 1);
  EXPECT_THROW(blocking([] { throw std::out_of_range("there"); }),
               std::out_of_range);
}

GO_TEST(Blocking, FiftyOverlap) {
  const auto start = steady_clock::now();
  wait_group wg;
  for (int i = 0; i < 50; ++i) wg.go([] { blocking([] { nap(100ms); }); });
  wg.wait();
  EXPECT_LT(steady_clock::now() - start, 2s);  // one after the other: 5 s
}

GO_TEST(Blocking, OthersGoOnAtOnce) {
  std::atomic<bool> stop{false};
  wait_group wg;
  wg.go([&] {
    blocking([&] {
      while (!stop) nap(1ms);
    });
  });
  auto c = make_chan<int>();
  wg.go([c] {
    for (int i = 0; i < 1000; ++i) c.send(i);
    c.close();
  });
  int n = 0;
  for (int v : c) EXPECT_EQ(v, n++);
  EXPECT_EQ(n, 1000);
  stop = true;
  wg.wait();
}

// What is called may itself use burrow, and block in a nested call.
GO_TEST(Blocking, NestsAndMayUseChannels) {
  auto c = make_chan<int>();
  wait_group wg;
  for (int i = 0; i < 20; ++i)
    wg.go([c, i] {
      blocking([&] {
        c.send(i);
        blocking([] { nap(1ms); });
        c.send(i);
        syscalls::call(SYS_getpid);
        yield();
      });
      c.send(i);
    });
  int sum = 0;
  for (int i = 0; i < 60; ++i) sum += *c.recv();
  EXPECT_EQ(sum, 3 * 190);
  wg.wait();
  testsupport::await_others();
}

// Not inlined, for a compiler keeps errno's address over a call that may go on on
// another thread (docs/hazards.md).
[[gnu::noinline]] void seterrno(int e) { errno = e; }
[[gnu::noinline]] int geterrno() { return errno; }

GO_TEST(Blocking, KeepsErrno) {
  wait_group wg;
  for (int i = 1; i <= 20; ++i)
    wg.go([i] {
      blocking([i] {
        nap(1ms);
        seterrno(i);
      });
      EXPECT_EQ(geterrno(), i);
    });
  wg.wait();
}

GO_TEST(Blocking, ALockedGoroutineStaysOnItsThread) {
  lock_os_thread();
  const auto me = ::gettid();
  for (int i = 0; i < 20; ++i) {
    blocking([] { nap(200us); });
    EXPECT_EQ(::gettid(), me);
    syscalls::call(SYS_sched_yield);
    EXPECT_EQ(::gettid(), me);
  }
  unlock_os_thread();
}

GO_TEST(Blocking, OnAThreadOfTheProgramsOwnItOnlyCalls) {
  int n = 0;
  std::thread t([&] { n = blocking([] { return 3; }); });
  blocking([&] { t.join(); });
  EXPECT_EQ(n, 3);
}

TEST(BlockingEnd, ARunEndsWhileCallsAreOnTheirWay) {
  for (int procs : {1, 2, 8})
    for (int i = 0; i < 20; ++i) {
      const int r = run(
          [] {
            for (int k = 0; k < 10; ++k) go([] { blocking([] { nap(2ms); }); });
            yield();
            return 5;
          },
          {.maxprocs = procs});
      ASSERT_EQ(r, 5);
    }
}

GO_TEST(Blocking, IsASyscallInDumps) {
  std::atomic<bool> stop{false};
  wait_group wg;
  go({.name = "blocked"}, [&wg, &stop, done = (wg.add(1), 0)] {
    (void)done;
    blocking([&] {
      while (!stop) nap(1ms);
    });
    wg.done();
  });
  testsupport::await_dump("\"blocked\" \\[syscall\\]:");
  stop = true;
  wg.wait();
}

GO_TEST(Syscalls, ReturnValueOrError) {
  const syscalls::result pid = syscalls::call(SYS_getpid);
  EXPECT_TRUE(pid);
  EXPECT_EQ(pid.value, ::getpid());
  EXPECT_EQ(syscalls::raw(SYS_getpid).value, ::getpid());
  errno = 77;
  const syscalls::result bad = syscalls::call(SYS_close, -1);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.value, -1);
  EXPECT_EQ(bad.error, EBADF);
  EXPECT_EQ(errno, 77);
}

GO_TEST(Syscalls, Dup2FcntlRusageWait4) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int n = ::fcntl(ends[0], F_DUPFD, 100);
  ASSERT_GE(n, 100);
  EXPECT_EQ(syscalls::dup2(ends[0], n).value, n);
  EXPECT_EQ(syscalls::dup2(ends[0], ends[0]).value, ends[0]);
  ::close(n);
  EXPECT_EQ(syscalls::dup2(n, n).error, EBADF);
  EXPECT_EQ(syscalls::dup2(n, ends[0]).error, EBADF);
  EXPECT_EQ(syscalls::fcntl(ends[0], F_GETFD).value, 0);
  EXPECT_TRUE(syscalls::fcntl(ends[0], F_SETFD, FD_CLOEXEC));
  EXPECT_EQ(syscalls::fcntl(ends[0], F_GETFD).value, FD_CLOEXEC);
  struct rusage u {};
  EXPECT_TRUE(syscalls::getrusage(RUSAGE_SELF, &u));
  EXPECT_GT(u.ru_maxrss, 0);
  int status = 0;
  EXPECT_EQ(syscalls::wait4(-1, &status, WNOHANG, &u).error, ECHILD);
  ::close(ends[0]);
  ::close(ends[1]);
}

// A call that blocks loses its processor after a while, without being told.
GO_TEST(Syscalls, ABlockingCallStopsNobody) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::atomic<int> ticks{0};
  wait_group wg;
  wg.go([&] {
    for (; ticks < 50; ++ticks) sleep_for(100us);
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
  });
  char b = 0;
  const syscalls::result r = syscalls::call(SYS_read, ends[0], &b, 1);
  EXPECT_EQ(r.value, 1) << r.error;
  EXPECT_EQ(ticks, 50);
  wg.wait();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Threads, TooManyAreFatal) {
  SKIP_WITHOUT_PROGRAMS();
  for (const char* procs : {"1", "2", "8"}) {
    const auto r = testsupport::run_prog(
        "blockers",
        {.args = {"60", "40"}, .env = {{"BURROW_MAXPROCS", procs}}});
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_TRUE(
        testsupport::has(r.err, "runtime: program exceeds 40-thread limit\n"))
        << r.err;
    EXPECT_TRUE(testsupport::has(r.err, "fatal error: thread exhaustion\n"))
        << r.err;
  }
}

TEST(Threads, BelowTheLimitAllGoOn) {
  SKIP_WITHOUT_PROGRAMS();
  for (const char* procs : {"1", "2", "8"}) {
    const std::string n = testsupport::kTsan ? "100" : "2000";
    const auto r = testsupport::run_prog(
        "blockers",
        {.args = {n, "10000"}, .env = {{"BURROW_MAXPROCS", procs}}});
    EXPECT_EQ(r.exit_code, 0) << r.err;
    EXPECT_EQ(r.out, n + " at once\n");
  }
}

TEST(Threads, TheLimitIsAPositiveNumber) {
  const int old = debug::set_max_threads(20'000);
  EXPECT_EQ(debug::set_max_threads(old), 20'000);
  EXPECT_THROW(debug::set_max_threads(0), std::invalid_argument);
  EXPECT_EQ(debug::set_max_threads(old), old);
}

}  // namespace
}  // namespace burrow
