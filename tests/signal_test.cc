// tests/signal_test.cc - notify, stop, ignore, reset; dispositions.

#include "burrow/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>
#include <stdexcept>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/signal/signal.h"
#include "tests/support/blocked.h"
#include "tests/support/emulator.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;
using testsupport::blocked;

void* handlerof(int sig) {
  struct sigaction sa;
  sigaction(sig, nullptr, &sa);
  return reinterpret_cast<void*>(sa.sa_handler);
}

class Signal : public testing::TestWithParam<int> {
 protected:
  void run(std::function<void()> f) {
    burrow::run(std::move(f), {.maxprocs = GetParam()});
  }
};

TEST_P(Signal, EveryListenerGetsACopy) {
  run([] {
    auto a = make_chan<int>(1), b = make_chan<int>(1);
    signals::notify(a, {SIGUSR1});
    signals::notify(b, {SIGUSR1, SIGUSR2});
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(a.recv(), SIGUSR1);
    EXPECT_EQ(b.recv(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    EXPECT_EQ(b.recv(), SIGUSR2);
    EXPECT_EQ(a.len(), 0u);
  });
}

TEST_P(Signal, NotifyAgainAdds) {
  run([] {
    auto c = make_chan<int>(2);
    signals::notify(c, {SIGUSR1});
    signals::notify(c, {SIGUSR2});
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    std::set<int> got;
    got.insert(*c.recv());
    got.insert(*c.recv());
    EXPECT_EQ(got, (std::set<int>{SIGUSR1, SIGUSR2}));
  });
}

TEST_P(Signal, AFullChannelDrops) {
  run([] {
    auto full = make_chan<int>(1), roomy = make_chan<int>(8);
    full.send(0);
    signals::notify(full, {SIGUSR1});
    signals::notify(roomy, {SIGUSR1});
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(roomy.recv(), SIGUSR1);
    EXPECT_EQ(full.recv(), 0);
    EXPECT_EQ(full.try_recv(), std::nullopt);
  });
}

TEST_P(Signal, NoneComesAfterStop) {
  run([] {
    auto stopped = make_chan<int>(8), other = make_chan<int>(8);
    signals::notify(stopped, {SIGUSR1});
    signals::notify(other, {SIGUSR1});
    for (int i = 0; i < 50; i++) {
      kill(getpid(), SIGUSR1);
      signals::stop(stopped);
      const auto n = stopped.len();
      other.recv();
      EXPECT_EQ(stopped.len(), n);
      signals::notify(stopped, {SIGUSR1});
      while (stopped.try_recv()) {
      }
      while (other.try_recv()) {
      }
    }
  });
}

TEST_P(Signal, ResetAndIgnoreUndoNotify) {
  run([] {
    auto c = make_chan<int>(8), all = make_chan<int>(8);
    signals::notify(c, {SIGUSR1, SIGWINCH});
    signals::ignore({SIGUSR1});
    EXPECT_TRUE(signals::ignored(SIGUSR1));
    kill(getpid(), SIGUSR1);
    signals::reset({SIGUSR1});
    EXPECT_FALSE(signals::ignored(SIGUSR1));
    kill(getpid(), SIGUSR1);  // it is as at the start again: nothing happens
    kill(getpid(), SIGWINCH);
    EXPECT_EQ(c.recv(), SIGWINCH);
    signals::reset();
    EXPECT_EQ(handlerof(SIGWINCH), reinterpret_cast<void*>(SIG_DFL));
  });
}

TEST_P(Signal, NotifyContext) {
  run([] {
    auto [ctx, stop] = signals::notify_context(background(), {SIGUSR1});
    EXPECT_FALSE(ctx.err());
    kill(getpid(), SIGUSR1);
    ctx.done().recv();
    EXPECT_EQ(ctx.err(), errc::canceled);
    stop();
    auto [second, stop2] = signals::notify_context(background(), {SIGUSR1});
    stop2();
    second.done().recv();
    stop2();
  });
}

// No signal is lost that the kernel keeps: after a burst at least one of each.
TEST_P(Signal, AStormBesideHogs) {
  run([] {
    std::atomic<bool> end{false};
    std::atomic<int> got1{0}, got2{0}, hogs{0};
    auto c = make_chan<int>(100);
    signals::notify(c, {SIGUSR1, SIGUSR2});
    for (int i = 0; i < 4; i++)
      go([&] {
        hogs++;
        while (!end) {
        }
        hogs--;
      });
    go([&, c] {
      for (int sig : c) (sig == SIGUSR1 ? got1 : got2)++;
    });
    for (int i = 0; i < 100'000; i++) kill(getpid(), i % 2 ? SIGUSR1 : SIGUSR2);
    const int n1 = got1, n2 = got2;
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    while (got1 == n1 || got2 == n2) yield();
    end = true;
    while (hogs > 0) sleep_for(1ms);
    signals::stop(c);
    c.close();
  });
}

// Blocked by the caller of run, and so by every m: it comes all the same.
TEST_P(Signal, WhatAllThreadsBlockIsDelivered) {
  const blocked b(SIGUSR1);
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(c.recv(), SIGUSR1);
  });
}

// But for signals that end the program, and do so still: see the next test.
TEST_P(Signal, AllIsAsBeforeTheRun) {
  std::vector<void*> before, after;
  stack_t stackbefore, stackafter;
  const auto look = [](std::vector<void*>& v, stack_t& st) {
    for (int sig :
         {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
          SIGSEGV, SIGTERM, SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH, SIGSYS})
      v.push_back(handlerof(sig));
    sigaltstack(nullptr, &st);
  };
  look(before, stackbefore);
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c);
    signals::ignore({SIGUSR2});
    lock_os_thread();
  });
  look(after, stackafter);
  EXPECT_EQ(before, after);
  EXPECT_EQ(stackbefore.ss_flags, stackafter.ss_flags);
  EXPECT_EQ(stackbefore.ss_sp, stackafter.ss_sp);
}

TEST_P(Signal, TheProgramMayTakeOver) {
  run([] {
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
  });
  EXPECT_EQ(handlerof(SIGUSR1), reinterpret_cast<void*>(SIG_IGN));
  std::signal(SIGUSR1, SIG_DFL);
  std::signal(SIGUSR2, SIG_DFL);
}

// Between two runs the program may install a handler, and it is kept.
TEST_P(Signal, AHandlerMadeBetweenRuns) {
  static std::atomic<int> handled{0};
  handled = 0;
  run([] {});
  const auto old = std::signal(SIGUSR2, [](int) { handled++; });
  run([] {
    kill(getpid(), SIGUSR2);
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR2});
    kill(getpid(), SIGUSR2);
    EXPECT_EQ(c.recv(), SIGUSR2);
  });
  EXPECT_EQ(handled.load(), 1);
  std::signal(SIGUSR2, old);
}

// As under nohup: ignored, but while somebody is notified.
TEST_P(Signal, WhatIsIgnoredBeforeTheRunStaysSo) {
  const auto old = std::signal(SIGHUP, SIG_IGN);
  const auto ignored = [] {
    kill(getpid(), SIGHUP);
    return signals::ignored(SIGHUP) &&
           handlerof(SIGHUP) == reinterpret_cast<void*>(SIG_IGN);
  };
  run([&ignored] {
    EXPECT_TRUE(ignored());
    auto c = make_chan<int>(1);
    for (int i = 0; i < 3; i++) {
      signals::notify(c, {SIGHUP});
      EXPECT_FALSE(signals::ignored(SIGHUP));
      kill(getpid(), SIGHUP);
      EXPECT_EQ(c.recv(), SIGHUP);
      if (i == 0) signals::stop(c);
      if (i == 1) signals::reset();
      if (i == 2) signals::ignore({SIGHUP});
      EXPECT_TRUE(ignored());
    }
    signals::notify(c, {SIGHUP});
  });
  EXPECT_TRUE(ignored());
  std::signal(SIGHUP, old);
}

TEST_P(Signal, AllIsEveryNumber) {
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c);
    const int most = testsupport::emulated() ? 62 : 64;  // it keeps two itself
    for (int sig = 1; sig <= most; sig++) {
      if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33) continue;
      kill(getpid(), sig);
      EXPECT_EQ(c.recv(), sig);
    }
    signals::notify(c, {SIGSEGV, SIGTRAP});
    signals::reset();
    EXPECT_FALSE(rt::sigregistered());
  });
}

// signal() returns our handler without its flags, and knows it without them when it
// is put back. Of such a signal 386 and arm64 tell the handler the number and no more.
TEST_P(Signal, OurHandlerPutBackBySignalIsMended) {
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    for (int i = 0; i < 3; i++) {
      std::signal(SIGUSR1, std::signal(SIGUSR1, SIG_DFL));
      kill(getpid(), SIGUSR1);
      EXPECT_EQ(c.recv(), SIGUSR1);
    }
    std::signal(SIGUSR1, std::signal(SIGUSR1, SIG_DFL));
  });
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    struct sigaction now;
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_NE(now.sa_flags & SA_ONSTACK, 0);
  });
}

// Of a fault, what somebody sends is ignored.
TEST_P(Signal, FaultsThatAreSentMayBeIgnored) {
  run([] {
    const auto faults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    const auto allare = [&faults](bool wanted) {
      for (int sig : faults) EXPECT_EQ(signals::ignored(sig), wanted) << sig;
    };
    for (int round = 0; round < 3; round++) {
      signals::ignore(faults);
      allare(true);
      for (int sig : faults) raise(sig);  // done when it returns
      if (round == 0) signals::reset();
      if (round == 1) signals::reset(faults);
      if (round == 2) {
        auto c = make_chan<int>(1);
        signals::notify(c, faults);
        for (int sig : faults) {
          kill(getpid(), sig);
          EXPECT_EQ(c.recv(), sig);
        }
      }
      allare(false);
    }
  });
}

TEST(SignalErrors, AreClearAndLoseNothing) {
  auto c = make_chan<int>(1);
  EXPECT_THROW(signals::notify(c, {SIGUSR1}), std::logic_error);
  burrow::run([&] {
    EXPECT_THROW(signals::notify(chan<int>(), {SIGUSR1}), panic_error);
    for (const int bad : {0, -1, 32, 33, 65, 1000})
      EXPECT_THROW(signals::notify(c, {SIGUSR1, bad}), std::invalid_argument);
    EXPECT_EQ(kill(getpid(), SIGUSR1), 0);
    EXPECT_EQ(c.try_recv(), std::nullopt);
    signals::notify(c, {SIGKILL, SIGUSR1});
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(c.recv(), SIGUSR1);
    EXPECT_FALSE(signals::ignored(-5));
  });
}

INSTANTIATE_TEST_SUITE_P(, Signal, testing::Values(1, 2, 8));

}  // namespace
