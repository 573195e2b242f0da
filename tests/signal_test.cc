// tests/signal_test.cc - notify, stop, ignore, reset; masks, stacks, dispositions.

#include "burrow/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;

sigset_t threadmask() {
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  return set;
}

void* handlerof(int sig) {
  struct sigaction sa;
  sigaction(sig, nullptr, &sa);
  return reinterpret_cast<void*>(sa.sa_handler);
}

struct blocked {
  sigset_t old;
  explicit blocked(int sig) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_BLOCK, &set, &old);
  }
  ~blocked() { pthread_sigmask(SIG_SETMASK, &old, nullptr); }
};

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
    for (int i = 0; i < 20'000; i++) kill(getpid(), i % 2 ? SIGUSR1 : SIGUSR2);
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

// Every m has the mask of run's caller, whoever made its thread.
TEST_P(Signal, MasksOfMs) {
  const blocked b(SIGUSR2);
  run([] {
    std::atomic<int> wrong{0};
    wait_group wg;
    for (int i = 0; i < 20; i++)
      wg.go([&wrong] {
        lock_os_thread();
        const blocked mine(SIGTERM);  // is not handed on to threads made now
        const sigset_t set = threadmask();
        if (!sigismember(&set, SIGUSR2) || sigismember(&set, SIGUSR1)) wrong++;
        wait_group inner;
        inner.go([&wrong] {
          const sigset_t other = threadmask();
          if (sigismember(&other, SIGTERM)) wrong++;
        });
        inner.wait();
        const sigset_t after = threadmask();
        if (!sigismember(&after, SIGTERM)) wrong++;
        unlock_os_thread();
      });
    wg.wait();
    EXPECT_EQ(wrong.load(), 0);
  });
  const sigset_t set = threadmask();
  EXPECT_TRUE(sigismember(&set, SIGUSR2));
}

TEST_P(Signal, HandlersRunOnAStackOfTheirOwn) {
  static std::atomic<char*> at{nullptr};
  struct sigaction sa = {}, old;
  sa.sa_handler = [](int) {
    char here;
    at = &here;
  };
  sigaction(SIGUSR1, &sa, &old);  // without SA_ONSTACK
  run([] {
    wait_group wg;
    for (int i = 0; i < 8; i++)
      wg.go([] {
        char here;
        pthread_kill(pthread_self(), SIGUSR1);
        const auto distance = at > &here ? at - &here : &here - at;
        EXPECT_GT(distance, 16 << 10);
        stack_t st;
        sigaltstack(nullptr, &st);
        EXPECT_EQ(st.ss_flags & SS_DISABLE, 0);
        EXPECT_GE(st.ss_size, 32u << 10);
      });
    wg.wait();
  });
  struct sigaction now;
  sigaction(SIGUSR1, &old, &now);
  EXPECT_EQ(now.sa_flags & SA_ONSTACK, 0);
  EXPECT_EQ(now.sa_handler, sa.sa_handler);
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

// For an ordinary thread is what it was sent, though somebody is notified.
TEST_P(Signal, AThreadOfTheProgramsOwnHasItsHandler) {
  static std::atomic<int> handled{0};
  handled = 0;
  const auto old = std::signal(SIGUSR1, [](int) { handled++; });
  run([] {
    auto c = make_chan<int>(8);
    signals::notify(c, {SIGUSR1});
    lock_os_thread();  // a compiler takes pthread_self for constant
    std::thread([] { pthread_kill(pthread_self(), SIGUSR1); }).join();
    EXPECT_EQ(handled.load(), 1);
    pthread_kill(pthread_self(), SIGUSR1);  // to an m: for the channel
    EXPECT_EQ(c.recv(), SIGUSR1);
    EXPECT_EQ(handled.load(), 1);
    signals::stop(c);
    pthread_kill(pthread_self(), SIGUSR1);
    EXPECT_EQ(handled.load(), 2);
  });
  std::signal(SIGUSR1, old);
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
