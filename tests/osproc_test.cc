// tests/osproc_test.cc - newosproc: signals, stacks, ends, failures.
//
// What holds for ordinary C++ on its threads is in osproc_libc_test.cc. The same
// tests hold for both backends (build option osproc).
#include "runtime/os/osproc.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sys/os.h"
#include "tests/support/emulator.h"
#include "tests/support/osthread.h"
#include "tests/support/procself.h"

namespace rt = burrow::rt;
namespace sys = burrow::sys;
using namespace ostest;
using namespace burrow::testsupport;

namespace {

// ---- Signals ----

TEST(Osproc, PthreadSelfAndSignalsToIt) {  // [TID]
  static std::atomic<int> got{0};
  got = 0;
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) { got++; };
  ASSERT_EQ(::sigaction(SIGUSR2, &action, &old), 0);
  run([] {
    EXPECT_TRUE(pthread_equal(pthread_self(), pthread_self()));
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR2), 0);
    EXPECT_EQ(got, 1);
    EXPECT_EQ(::raise(SIGUSR2), 0);
    EXPECT_EQ(got, 2);
  });
  ::sigaction(SIGUSR2, &old, nullptr);
}

sigset_t maskhere() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

bool samemask(const sigset_t& a, const sigset_t& b) {
  for (int sig = 1; sig <= SIGRTMAX; sig++)
    if (sigismember(&a, sig) != sigismember(&b, sig)) return false;
  return true;
}

TEST(Osproc, SignalMaskIsTheCreators) {
  const sigset_t before = maskhere();
  sigset_t some = before;
  sigaddset(&some, SIGUSR1);
  sigaddset(&some, SIGRTMIN);
  sigdelset(&some, SIGUSR2);
  for (const sigset_t& mask : {before, some}) {
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    run([&mask] { EXPECT_TRUE(samemask(maskhere(), mask)); });
    EXPECT_TRUE(samemask(maskhere(), mask));
  }
  rt::newosproc_fail_after = 0;
  EXPECT_EQ(rt::newosproc([](void*) {}, nullptr, kStack), -EAGAIN);
  rt::newosproc_fail_after = -1;
  EXPECT_TRUE(samemask(maskhere(), some));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

thread_local int handled = 0;

// A handler that uses what a half-made thread does not have.
void busyhandler(int) {
  const int saved = errno;
  handled++;
  errno = saved + (std::isalpha('x') != 0 ? 0 : 1);
}

TEST(Osproc, SignalsDuringCreationAndEnd) {
  struct sigaction action {
  }, old;
  action.sa_handler = busyhandler;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old), 0);
  std::atomic<bool> stop{false};
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  std::thread sender([&stop] {
    while (!stop) {
      ::kill(::getpid(), SIGUSR1);  // to any thread that does not block it
      sys::usleep(20);
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::atomic<int> wrong{0};
  for (int i = 0; i < 100; i++)
    runall(2, [&wrong](int) {
      errno = 5;
      object.text = "z";
      sys::osyield();
      if (errno != 5) wrong++;
    });
  stop = true;
  sender.join();
  ::sigaction(SIGUSR1, &old, nullptr);
  EXPECT_EQ(wrong, 0);
}

// ---- Stacks ----

bool within(const void* at, const void* lo, const void* hi) {
  return std::less_equal<>()(lo, at) && std::less<>()(at, hi);
}

void expectonstack(std::size_t least) {
  void *lo = nullptr, *hi = nullptr;
  rt::osthread_stack(&lo, &hi);
  const int here = 0;
  EXPECT_TRUE(within(__builtin_frame_address(0), lo, hi));
  if (!kSanitizer) {  // a sanitizer may keep variables elsewhere
    EXPECT_TRUE(within(&here, lo, hi));
  }
  EXPECT_GE(static_cast<std::size_t>(static_cast<char*>(hi) -
                                     static_cast<char*>(lo)) +
                sys::pagesize(),
            least);
}

TEST(Osproc, StackBounds) {
  expectonstack(kStack);
  std::thread([] { expectonstack(kStack); }).join();
  for (std::size_t bytes : {kStack, std::size_t{1} << 20, kStack + 1})
    thread([bytes] { expectonstack(bytes); }, bytes).joinall();
}

TEST(Osproc, TheWholeStackCanBeUsed) {
  run([] {
    void *lo, *hi;
    rt::osthread_stack(&lo, &hi);
    auto* const at = static_cast<volatile char*>(lo);
    const char old = *at;
    *at = 1;
    *at = old;
  });
}

void expectlibcsays(void* lo, void* hi) {
  pthread_attr_t attr;
  ASSERT_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
  void* at = nullptr;
  std::size_t bytes = 0;
  EXPECT_EQ(pthread_attr_getstack(&attr, &at, &bytes), 0);
  EXPECT_EQ(at, lo);
  EXPECT_EQ(static_cast<char*>(at) + bytes, hi);
  pthread_attr_destroy(&attr);
}

TEST(Osproc, PthreadGetattrNpTellsTheTruth) {  // [STACK]
  run([] {
    void *lo, *hi;
    rt::osthread_stack(&lo, &hi);
    expectlibcsays(lo, hi);
    if (rt::osproc_backend() != rt::osbackend::raw) return;
    alignas(16) static char other[4096];
    rt::osthread_runson(other, other + sizeof other);
    expectlibcsays(other, other + sizeof other);
    rt::osthread_runson(static_cast<char*>(lo), static_cast<char*>(hi));
    expectlibcsays(lo, hi);
  });
}

TEST(Osproc, ASmallStackIsRoundedUp) {
  for (std::size_t bytes : {0, 1, 4097})
    thread([] { expectonstack(64 * 1024); }, bytes).joinall();
}

TEST(Osproc, AnAbsurdStackIsRefused) {
  EXPECT_LT(rt::newosproc([](void*) {}, nullptr, ~std::size_t{0} >> 1), 0);
  EXPECT_LT(rt::newosproc([](void*) {}, nullptr, ~std::size_t{0}), 0);
}

_Unwind_Reason_Code countframe(_Unwind_Context*, void* n) {
  ++*static_cast<int*>(n);
  return _URC_NO_REASON;
}

TEST(Osproc, UnwindingEndsAtTheStart) {
  run([] {
    int frames = 0;
    EXPECT_EQ(_Unwind_Backtrace(countframe, &frames), _URC_END_OF_STACK);
    EXPECT_GT(frames, 2);
    EXPECT_LT(frames, 60);
  });
}

class OsprocDeathTest : public ::testing::Test {
 protected:
  // Each death is that of a program started anew: one that forked with other
  // threads' locks held would prove nothing.
  void SetUp() override {
    SKIP_WITHOUT_PROGRAMS();
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  }
};

TEST_F(OsprocDeathTest, GuardPageBelowTheStack) {
  EXPECT_DEATH(run([] {
                 void *lo, *hi;
                 rt::osthread_stack(&lo, &hi);
                 static_cast<volatile char*>(lo)[-1] = 1;
               }),
               "");
}

TEST_F(OsprocDeathTest, AnExceptionThatLeavesTheThreadEndsTheProcess) {
  EXPECT_DEATH(run([] { throw std::runtime_error("nobody catches this"); }),
               "nobody catches this");
}

TEST_F(OsprocDeathTest, TheFirstDecisionLeavesNoThreadBehind) {
  EXPECT_EXIT(
      {
        const int before = sys::threadcount();
        const rt::osbackend backend = rt::osproc_backend();
        const bool same = sys::threadcount() == before &&
                          rt::osproc_backend() == backend &&
                          *rt::osproc_why() == 0;
        std::_Exit(same ? 4 : 1);
      },
      ::testing::ExitedWithCode(4), "");
}

TEST_F(OsprocDeathTest, TheFirstThreadsMayBeMadeByManyAtOnce) {
  EXPECT_EXIT(
      {
        std::atomic<int> n{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; i++)
          threads.emplace_back([&n] { run([&n] { n++; }); });
        for (std::thread& t : threads) t.join();
        std::_Exit(n == 8 ? 4 : 1);
      },
      ::testing::ExitedWithCode(4), "");
}

thread_local void* onlyhere = nullptr;
std::atomic<std::uint32_t> owning{0};

void ownforever(void* memory) {
  onlyhere = memory;
  owning = 1;
  for (static std::atomic<std::uint32_t> never{0};;)
    sys::futexsleep(&never, 0, -1);
}

// Ends the program beside a thread that alone knows of some memory. The memory
// comes from here: a leak detector trusts what such a thread allocates itself.
[[noreturn]] void exitbesideowners() {
  for (int i = 0; i < 8; i++) {  // one may be found by chance
    owning = 0;
    if (rt::newosproc(ownforever, new char[1000], kStack) != 0) std::exit(1);
    while (owning == 0) sys::osyield();
  }
  std::exit(4);  // a leak detector that finds something changes the code
}

TEST_F(OsprocDeathTest, WhatOnlyALivingThreadOwnsIsNoLeak) {
  EXPECT_EXIT(exitbesideowners(), ::testing::ExitedWithCode(4), "");
}

// ---- The end of threads, and too many of them ----

TEST(Osproc, TenThousandThreadsInTurnDoNotGrowMemory) {  // [REUSE]
  const auto use = [] {
    run([] {
      object.text = std::string(500, 'r');
      std::vector<std::unique_ptr<std::string>> some;
      for (std::size_t i = 0; i < 50; i++)
        some.push_back(std::make_unique<std::string>(i * 10 + 30, 's'));
    });
  };
  for (int i = 0; i < 200; i++) use();
  const usage before = measure();
  for (int i = 0; i < (emulated() ? 500 : 10'000); i++) use();
  const usage after = measure();
  EXPECT_LT(after.mappings - before.mappings, 100);
  if (watched()) return;
  if (emulated()) GTEST_SKIP() << kKeepsThreads;
  EXPECT_LT(after.rsskib - before.rsskib, 2 * 1024);
  EXPECT_LT(after.vmkib - before.vmkib, 200 * 1024);
}

TEST(Osproc, StacksOfManyEndedThreadsAreGivenBack) {
  const auto filled = [](int) {
    char deep[128 * 1024];
    std::memset(deep, 1, sizeof deep);
    asm volatile("" : : "r"(deep) : "memory");
  };
  // All alive at once, so that each has a stack of its own.
  const auto wave = [&filled] {
    std::atomic<std::uint32_t> here{0};
    runall(200, [&](int self) {
      filled(self);
      if (++here == 200) sys::futexwakeup(&here, 200);
      for (std::uint32_t n; (n = here.load()) != 200;)
        sys::futexsleep(&here, n, -1);
    });
    run([] {});  // reclaims
  };
  wave();
  const usage before = measure();
  wave();
  const usage after = measure();
  if (kSanitizer) return;
  if (emulated()) GTEST_SKIP() << kKeepsThreads;
  EXPECT_LT(after.rsskib - before.rsskib, 4 * 1024);
  EXPECT_LT(after.vmkib - before.vmkib, 200 * 1024);
}

TEST(Osproc, InjectedFailure) {
  rt::newosproc_fail_after = 2;
  std::atomic<std::uint32_t> n{0};
  const auto count = [](void* p) {
    static_cast<std::atomic<std::uint32_t>*>(p)->fetch_add(1);
    sys::futexwakeup(static_cast<std::atomic<std::uint32_t>*>(p), 1);
  };
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), -EAGAIN);
  EXPECT_EQ(rt::newosproc(count, &n, kStack), -EAGAIN);
  rt::newosproc_fail_after = -1;
  EXPECT_EQ(rt::newosproc(count, &n, kStack), 0);
  for (std::uint32_t now; (now = n.load()) != 3;) sys::futexsleep(&n, now, -1);
}

// In a child, which drops the right to exceed its limits. Its first threads are
// made with no room for any, its last ones after that.
int limitedchild() {
  const sigset_t before = maskhere();
  run([] {});
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
    return 2;
  rlimit limit;
  if (::getrlimit(RLIMIT_NPROC, &limit) != 0) return 3;
  const rlimit none{0, limit.rlim_max};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 4;
  for (int i = 0; i < 100; i++) {
    const std::int64_t err = rt::newosproc([](void*) {}, nullptr, kStack);
    if (err != -EAGAIN) return 5;
  }
  if (!samemask(maskhere(), before)) return 6;
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return 7;
  int n = 0;
  run([&n] { n = 1; });
  return n == 1 ? 0 : 8;
}

TEST(Osproc, EagainAtTheLimitOnThreads) {
  run([] {});
  const pid_t child = ::fork();
  if (child == 0) ::_exit(limitedchild());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
