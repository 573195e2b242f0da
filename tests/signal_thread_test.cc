// tests/signal_thread_test.cc - signals and threads: masks, stacks for handlers,
// and whose a signal is.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "burrow/burrow.h"
#include "tests/support/blocked.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;
using testsupport::blocked;

sigset_t threadmask() {
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  return set;
}

class SignalThread : public testing::TestWithParam<int> {
 protected:
  void run(std::function<void()> f) {
    burrow::run(std::move(f), {.maxprocs = GetParam()});
  }
};

// Every m has the mask of run's caller, whoever made its thread.
TEST_P(SignalThread, MasksOfMs) {
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

TEST_P(SignalThread, HandlersRunOnAStackOfTheirOwn) {
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

// For an ordinary thread is what it was sent, though somebody is notified.
TEST_P(SignalThread, AThreadOfTheProgramsOwnHasItsHandler) {
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

// 32 and 33 are what the C library asks its threads by, in setuid for one.
bool somebodyblocks(std::uint64_t set) {
  for (const auto& t : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(t.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigBlk:") &&
          (std::stoull(line.substr(7), nullptr, 16) & set) != 0)
        return true;
  }
  return false;
}

TEST_P(SignalThread, NobodyBlocksWhatTheCLibraryNeeds) {
  run([] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    wait_group wg;
    for (int i = 0; i < 8; i++) wg.go([] { sleep_for(1ms); });
    wg.wait();
    // A thread that is being made does, for a moment.
    constexpr std::uint64_t kBoth = std::uint64_t{3} << 31;
    for (int i = 0; i < 200 && somebodyblocks(kBoth); i++) sleep_for(5ms);
    EXPECT_FALSE(somebodyblocks(kBoth));
  });
}

// A thread that ends with the goroutine that is locked to it: the destructors of
// its objects run with the mask that the goroutine had.
struct masklook {
  static inline std::atomic<int> looked{0}, wrong{0};
  bool used = false;
  ~masklook() {
    if (!used) return;
    const sigset_t set = threadmask();
    for (int sig : {SIGSEGV, SIGBUS, SIGFPE, SIGTERM, SIGUSR1, 32, 33})
      if (sigismember(&set, sig) == 1) wrong++;
    if (sigismember(&set, SIGUSR2) != 1) wrong++;
    looked++;
  }
};
thread_local masklook look;

TEST_P(SignalThread, AThreadThatEndsKeepsItsMask) {
  masklook::looked = masklook::wrong = 0;
  run([] {
    lock_os_thread();
    wait_group wg;
    wg.go([] {
      lock_os_thread();
      look.used = true;
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGUSR2);
      pthread_sigmask(SIG_BLOCK, &set, nullptr);
    });
    wg.wait();
    while (masklook::looked == 0) sleep_for(1ms);
  });
  EXPECT_EQ(masklook::wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(, SignalThread, testing::Values(1, 2, 8));

}  // namespace
