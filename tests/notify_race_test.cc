// tests/notify_race_test.cc - notify and stop beside signals that are on their
// way, beside each other, and at the end of a run.

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/signal/signal.h"
#include "tests/support/afterrun.h"
#include "tests/support/blocked.h"
#include "tests/support/gotest.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::blocked;

// Its handler has run when this returns.
void sendtomyself(int sig) {
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}

void* handlerof(int sig) {
  struct sigaction sa;
  sigaction(sig, nullptr, &sa);
  return reinterpret_cast<void*>(sa.sa_handler);
}

void spin(int n) {
  for (int i = 0; i < n; i++) asm volatile("");
}

// What a handler has accepted comes, though stop is called right after it.
GO_TEST(NotifyRace, StopLosesNothing) {
  int lost = 0;
  for (int i = 0; i < 500; i++) {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    sendtomyself(SIGUSR1);
    if (i % 3 == 0)
      signals::stop(c);
    else if (i % 3 == 1)
      signals::reset({SIGUSR1});
    else
      signals::ignore({SIGUSR1});
    if (!c.try_recv()) lost++;
  }
  signals::reset({SIGUSR1});
  EXPECT_EQ(lost, 0);
}

// Go's TestAtomicStop: the signal is either delivered, or does what it does by
// itself.
TEST(AtomicStop, SigintIsDeliveredOrEndsTheProcess) {
  SKIP_WITHOUT_PROGRAMS();
  int killed = 0, delivered = 0;
  for (int i = 0; i < 20; i++) {
    const auto r = testsupport::run_prog(
        "sigcase", {.args = {"atomicstop"},
                    .env = {{"BURROW_MAXPROCS", std::to_string(i % 4 + 1)}}});
    EXPECT_EQ(r.out.find("lost"), std::string::npos) << r.out;
    EXPECT_TRUE(r.signal == SIGINT || r.exit_code == 0) << r.err;
    (r.signal == SIGINT ? killed : delivered)++;
  }
  RecordProperty("killed", killed);
  RecordProperty("delivered", delivered);
}

// A channel gets what arrives after its notify, not before.
GO_TEST(NotifyRace, ALaterListenerGetsNothingOld) {
  auto other = make_chan<int>(1);
  int stale = 0;
  for (int i = 0; i < 200; i++) {
    auto a = make_chan<int>(1), b = make_chan<int>(1);
    signals::notify(a, {SIGUSR1});
    sendtomyself(SIGUSR1);
    if (i % 2 == 0) signals::stop(a);
    signals::notify(b, {SIGUSR1});
    std::this_thread::sleep_for(200us);
    if (b.try_recv()) stale++;
    signals::stop(a);
    signals::stop(b);
  }
  EXPECT_EQ(stale, 0);
}

TEST(NotifyRace, ALaterRunGetsNothingOld) {
  auto b = make_chan<int>(1);
  int stale = 0;
  for (int i = 0; i < 300; i++) {
    run([] {
      auto a = make_chan<int>(1);
      signals::notify(a, {SIGUSR1});
      sendtomyself(SIGUSR1);
    });
    run([&] {
      signals::notify(b, {SIGUSR1});
      std::this_thread::sleep_for(200us);
    });
    if (b.try_recv()) stale++;
  }
  EXPECT_EQ(stale, 0);
}

// notify of what all threads block returns, whatever others ask for meanwhile.
TEST(NotifyRace, NotifyReturnsBesideOthers) {
  const blocked b(SIGUSR1);
  constexpr int kRounds = 3000;
  run([] {
    std::atomic<int> round{0}, done{0};
    auto c = make_chan<int>(1), c2 = make_chan<int>(1);
    std::thread other([&] {
      for (int r = 1; r <= kRounds; r++) {
        while (round < r) std::this_thread::yield();
        spin(r % 200 * 200);
        if (r % 2 == 1)
          signals::notify(c2, {SIGUSR2});
        else
          signals::stop(c2);
        done = r;
      }
    });
    for (int r = 1; r <= kRounds; r++) {
      round = r;
      signals::notify(c, {SIGUSR1});
      while (done < r) std::this_thread::yield();
      signals::stop(c);
    }
    other.join();
  });
}

// After stop, and after the run, a signal that all block is pending again.
TEST(NotifyRace, WhatAllBlockPendsAfterStop) {
  SKIP_WITHOUT_PROGRAMS();
  for (int i = 0; i < 5; i++) {
    const auto r =
        testsupport::run_prog("sigcase", {.args = {"pends"}, .env = {}});
    ASSERT_EQ(r.out, "alive\n") << r.signal << r.err;
  }
}

// One who asks while the run ends either is in time, and forgotten with the run,
// or comes too late, and ends.
void nothingoutlives(void (*ask)(const chan<int>&)) {
  int left = 0;
  for (int i = 0; i < 300; i++) {
    std::atomic<int> started{0};
    run(
        [&, ask] {
          auto c = make_chan<int>(1);
          for (int k = 0; k < 2; k++)
            go([c, ask, &started] {
              started++;
              for (;;) {
                try {
                  ask(c);
                } catch (const std::logic_error&) {
                  yield();
                }
              }
            });
          while (started == 0) yield();
          spin(i % 50 * 200);
        },
        {.maxprocs = 3});
    testsupport::awaitzombies();
    if (rt::sigregistered() ||
        handlerof(SIGWINCH) != reinterpret_cast<void*>(SIG_DFL))
      left++;
  }
  EXPECT_EQ(left, 0);
}

TEST(NotifyRace, NoNotifyOutlivesTheRun) {
  nothingoutlives([](const chan<int>& c) { signals::notify(c, {SIGWINCH}); });
}

TEST(NotifyRace, NoNotifyAndStopOutliveTheRun) {
  nothingoutlives([](const chan<int>& c) {
    signals::notify(c, {SIGWINCH});
    signals::stop(c);
  });
}

TEST(NotifyRace, NoIgnoreOutlivesTheRun) {
  nothingoutlives([](const chan<int>&) { signals::ignore({SIGWINCH}); });
}

// The thread that delivers is one, whoever asks first.
TEST(NotifyRace, OneThreadDelivers) {
  SKIP_WITHOUT_PROGRAMS();
  for (int i = 0; i < 40; i++) {
    const auto r =
        testsupport::run_prog("sigcase", {.args = {"first"}, .env = {}});
    ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
    ASSERT_EQ(r.out, "1 more\n");
  }
}

// Where it cannot be made nobody is told that all is well.
TEST(NotifyRace, NoThreadIsSaidToAll) {
  SKIP_WITHOUT_PROGRAMS();
  for (int i = 0; i < 10; i++) {
    const auto r =
        testsupport::run_prog("sigcase", {.args = {"nothread"}, .env = {}});
    ASSERT_EQ(r.out, "4 refused\nthen delivered\n") << r.err;
  }
}

// A storm does not hold up a stop. The last of it may meet its handler after the
// run, so the program ignores the signal: by default it would end there.
TEST(NotifyRace, StopInAStorm) {
  if (testsupport::emulated())
    GTEST_SKIP() << "an emulator looks at a handler twice: it calls SIG_IGN";
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  for (const int procs : {1, 2, 8})
    testsupport::run_main(procs, [] {
      std::atomic<bool> end{false};
      std::thread storm([&] {
        while (!end) kill(getpid(), SIGUSR1);
      });
      for (int i = 0; i < 100; i++) {
        auto c = make_chan<int>(1);
        signals::notify(c, {SIGUSR1});
        c.recv();
        signals::stop(c);
        while (c.try_recv()) {
        }
        yield();
        EXPECT_EQ(c.len(), 0u);
      }
      end = true;
      storm.join();
    });
  std::signal(SIGUSR1, before);
}

}  // namespace
}  // namespace burrow
