// tests/sys_test.cc - the operating system interface, one promise a test.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

#include "sys/os.h"
#include "sys/sig.h"
#include "tests/support/emulator.h"

namespace sys = burrow::sys;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// ---- Time ----

TEST(Nanotime, NeverGoesBack) {
  std::int64_t last = sys::nanotime();
  for (int i = 0; i < 200'000; i++) {
    const std::int64_t now = sys::nanotime();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, 0);
}

// steady reads the standard library's clock between two readings of ours.
TEST(Nanotime, AgreesWithSteadyClock) {
  const std::int64_t before = sys::nanotime();
  const auto steady = std::chrono::nanoseconds(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  const std::int64_t after = sys::nanotime();
  EXPECT_LE(before, steady + kMillisecond);
  EXPECT_GE(after, steady - kMillisecond);
}

TEST(Nanotime, FirstCallsOnSeveralThreadsAgree) {
  std::thread threads[4];
  std::int64_t seen[4];
  for (int i = 0; i < 4; i++)
    threads[i] = std::thread([&seen, i] { seen[i] = sys::nanotime(); });
  for (std::thread& t : threads) t.join();
  const std::int64_t now = sys::nanotime();
  for (std::int64_t s : seen) EXPECT_LE(s, now);
}

TEST(Coarsetime, IsSomewhatBehind) {
  const std::int64_t start = sys::coarsetime();
  EXPECT_LE(start, sys::nanotime());
  while (sys::coarsetime() == start) sys::usleep(100);
  EXPECT_GT(sys::coarsetime(), start);
  EXPECT_LE(sys::coarsetime(), sys::nanotime());
}

TEST(Usleep, SleepsAtLeastThatLong) {
  const std::int64_t start = sys::nanotime();
  sys::usleep(2000);
  EXPECT_GE(sys::nanotime() - start, 2 * kMillisecond);
}

// ---- Futex ----

TEST(Futex, ReturnsAtOnceIfTheValueDiffers) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_EQ(sys::futexsleep(&word, 0, -1), -EAGAIN);
}

TEST(Futex, TimesOut) {
  std::atomic<std::uint32_t> word{0};
  const std::int64_t start = sys::nanotime();
  std::int64_t err;
  do err = sys::futexsleep(&word, 0, 3 * kMillisecond);
  while (err == 0 || err == -EINTR);
  EXPECT_EQ(err, -ETIMEDOUT);
  EXPECT_GE(sys::nanotime() - start, 3 * kMillisecond);
}

TEST(Futex, ATimeoutOfZeroDoesNotSleep) {
  std::atomic<std::uint32_t> word{0};
  EXPECT_EQ(sys::futexsleep(&word, 0, 0), -ETIMEDOUT);
}

TEST(Futex, WakeupWakesASleeper) {
  std::atomic<std::uint32_t> word{0};
  std::thread sleeper([&word] {
    while (word.load(std::memory_order_acquire) == 0)
      sys::futexsleep(&word, 0, -1);
  });
  word.store(1, std::memory_order_release);
  sys::futexwakeup(&word, 1);
  sleeper.join();
}

TEST(Futex, WakeupOfNobodyCountsZero) {
  std::atomic<std::uint32_t> word{0};
  EXPECT_EQ(sys::futexwakeup(&word, std::numeric_limits<std::uint32_t>::max()),
            0);
}

// ---- Memory ----

struct mapping {
  explicit mapping(std::size_t pages)
      : bytes(pages * sys::pagesize()),
        at(static_cast<char*>(sys::sysreserve(bytes))) {}
  ~mapping() { sys::sysfree(at, bytes); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  std::size_t bytes;
  char* at;
};

TEST(Memory, ReservationIsZeroAndWritable) {
  mapping m(16);
  ASSERT_NE(m.at, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(m.at) % sys::pagesize(), 0u);
  EXPECT_EQ(m.at[m.bytes - 1], 0);
  m.at[m.bytes - 1] = 1;
  EXPECT_EQ(m.at[m.bytes - 1], 1);
}

TEST(Memory, AbsurdReservationIsRefused) {
  EXPECT_EQ(sys::sysreserve(~std::size_t{0} - 65535), nullptr);
}

TEST(Memory, UnusedPagesReadAsZero) {
  mapping m(4);
  std::memset(m.at, 7, m.bytes);
  EXPECT_EQ(sys::sysunused(m.at + sys::pagesize(), sys::pagesize()), 0);
  EXPECT_EQ(m.at[0], 7);
  EXPECT_EQ(m.at[sys::pagesize()], 0);
  EXPECT_EQ(m.at[2 * sys::pagesize()], 7);
}

TEST(Memory, PagesizeIsTheSystems) {
  EXPECT_EQ(sys::pagesize(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

void touch(char* at) { *static_cast<volatile char*>(at) = 1; }

TEST(MemoryDeathTest, GuardFaultsAndItsNeighboursDoNot) {
  mapping m(3);
  char* const guard = m.at + sys::pagesize();
  if (sys::sysguard(guard, 0, sys::pagesize(), 1) == -EINVAL)
    GTEST_SKIP() << "this kernel has no guards without mappings";
  EXPECT_DEATH(touch(guard), "");
  EXPECT_DEATH(touch(guard + sys::pagesize() - 1), "");
  touch(guard - 1);
  touch(guard + sys::pagesize());
}

TEST(MemoryDeathTest, ManyGuardsAtOnce) {
  constexpr std::size_t kGuards = 150;
  const std::size_t page = sys::pagesize();
  mapping m(3 * kGuards);
  if (sys::sysguard(m.at, 3 * page, page, kGuards) == -EINVAL)
    GTEST_SKIP() << "this kernel has no guards without mappings";
  // Without a child for each: the kernel fails where the program would fault.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  for (std::size_t i = 0; i < 3 * kGuards; i++) {
    const ssize_t n = ::write(ends[1], m.at + i * page, 1);
    EXPECT_EQ(n, i % 3 == 0 ? -1 : 1) << "page " << i;
  }
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_DEATH(touch(m.at + 3 * page * (kGuards - 1)), "");
}

TEST(Memory, CommittedPagesAreThere) {
  const std::size_t page = sys::pagesize(), kPieces = 100;
  mapping m(3 * kPieces);
  m.at[3 * page] = 7;
  const std::int64_t r = sys::syscommit(m.at, 3 * page, page, kPieces);
  if (burrow::testsupport::emulated() || r == -EINVAL)
    GTEST_SKIP() << "this system has no such call";
  unsigned char there[300];
  ASSERT_EQ(::mincore(m.at, 3 * kPieces * page, there), 0);
  for (std::size_t i = 0; i < 3 * kPieces; i++)
    EXPECT_EQ(there[i] & 1, i % 3 == 0) << "page " << i;
  EXPECT_EQ(m.at[3 * page], 7);
  ASSERT_EQ(sys::sysprotectnone(m.at, page), 0);
  EXPECT_LT(sys::syscommit(m.at, page, page, 1), 0);  // nobody may write
}

TEST(MemoryDeathTest, ProtectedPageFaults) {
  mapping m(3);
  char* const guard = m.at + sys::pagesize();
  ASSERT_EQ(sys::sysprotectnone(guard, sys::pagesize()), 0);
  EXPECT_DEATH(touch(guard), "");
  touch(guard - 1);
  touch(guard + sys::pagesize());
}

// ---- Processors ----

TEST(Ncpu, CountsTheProcessorsOfTheCaller) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(sys::ncpu(), CPU_COUNT(&all));
  std::thread([&all] {
    cpu_set_t one;
    CPU_ZERO(&one);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &all)) cpu++;
    CPU_SET(cpu, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(sys::ncpu(), 1);
  }).join();
}

// ---- Membarrier ----

// Mutual exclusion of two threads, each of which says that it wants to go in
// and then looks whether the other does. The one pays for a compiler barrier
// only, the other for both: if it pays too little, both are in at once.
void excludes(sys::barrierkind kind, int rounds) {
  if (sys::membarrier_force(kind) < 0) GTEST_SKIP() << "not on this kernel";
  EXPECT_EQ(sys::membarrier_kind(), kind);
  std::atomic<int> light{0}, heavy{0}, inside{0}, violations{0};
  std::atomic<bool> stop{false};
  const auto visit = [&](int me, int looks) {
    inside.store(me, std::memory_order_relaxed);
    for (int i = 0; i < looks; i++)
      if (inside.load(std::memory_order_relaxed) != me) violations++;
  };
  std::thread often([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      light.store(1, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      if (heavy.load(std::memory_order_acquire) == 0) visit(1, 2);
      light.store(0, std::memory_order_release);
    }
  });
  for (int i = 0; i < rounds; i++) {
    heavy.store(1, std::memory_order_relaxed);
    sys::membarrier();
    while (light.load(std::memory_order_acquire) != 0) sys::osyield();
    visit(2, 200);
    heavy.store(0, std::memory_order_release);
    sys::procyield(static_cast<std::uint32_t>(i % 50));
  }
  stop = true;
  often.join();
  EXPECT_EQ(violations, 0);
}

class Membarrier : public ::testing::Test {
 protected:
  void TearDown() override { sys::membarrier_init(); }
};

TEST_F(Membarrier, WorksBeforeInit) {
  sys::membarrier();
  EXPECT_NE(sys::membarrier_kind(), sys::barrierkind::unset);
}

TEST_F(Membarrier, ExpeditedExcludes) {
  excludes(sys::barrierkind::expedited, 20'000);
}

TEST_F(Membarrier, GlobalExcludes) { excludes(sys::barrierkind::global, 50); }

TEST_F(Membarrier, ProtectExcludes) {
  excludes(sys::barrierkind::protect, 20'000);
}

TEST_F(Membarrier, ProtectServesManyThreads) {
  if (sys::membarrier_force(sys::barrierkind::protect) < 0)
    GTEST_SKIP() << "taking rights away interrupts nobody here";
  std::thread threads[4];
  for (std::thread& t : threads)
    t = std::thread([] {
      for (int i = 0; i < 500; i++) sys::membarrier();
    });
  for (std::thread& t : threads) t.join();
}

TEST_F(Membarrier, UnsetCannotBeForced) {
  sys::membarrier_init();
  const sys::barrierkind before = sys::membarrier_kind();
  EXPECT_EQ(sys::membarrier_force(sys::barrierkind::unset), -ENOSYS);
  EXPECT_EQ(sys::membarrier_kind(), before);
}

TEST_F(Membarrier, WorksInAForkedChild) {
  sys::membarrier_init();
  const pid_t child = ::fork();
  if (child == 0) {
    sys::membarrier();
    sys::exitprocess(3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

// ---- Processes, threads, signals ----

TEST(Thread, IdsAreTheSystems) {
  EXPECT_EQ(sys::getpid(), ::getpid());
  EXPECT_EQ(sys::gettid(), ::gettid());
}

TEST(Thread, CountGrowsByOneForAThread) {
  const int before = sys::threadcount();
  ASSERT_GT(before, 0);
  std::atomic<std::uint32_t> stop{0};
  std::thread t([&stop] {
    while (stop.load() == 0) sys::futexsleep(&stop, 0, -1);
  });
  EXPECT_EQ(sys::threadcount(), before + 1);
  stop = 1;
  sys::futexwakeup(&stop, 1);
  t.join();
}

TEST(Thread, TgkillKnowsWhoIsNotThere) {
  EXPECT_EQ(sys::tgkill(sys::gettid(), 0), 0);
  EXPECT_EQ(sys::tgkill(1, 0), sys::getpid() == 1 ? 0 : -ESRCH);
}

TEST(Signals, MaskAllBlocksAllAndRestorePutsBack) {
  sigset_t before, during, after;
  sigset_t most;  // an emulator may keep some signals for itself
  ::sigfillset(&most);
  pthread_sigmask(SIG_SETMASK, &most, &before);
  pthread_sigmask(SIG_SETMASK, &before, &most);
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::uint64_t old = 0;
  ASSERT_EQ(sys::sigmask_all(&old), 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &during);
  EXPECT_EQ(sys::sigmask_restore(&old), 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int sig = 1; sig <= SIGRTMAX; sig++) {
    EXPECT_EQ(sigismember(&before, sig), sigismember(&after, sig)) << sig;
    if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig >= SIGRTMIN) &&
        sigismember(&most, sig) == 1) {
      EXPECT_EQ(sigismember(&during, sig), 1) << sig;
    }
  }
}

TEST(Exitprocess, EndsAllThreadsWithTheCode) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::thread([] { sys::exitprocess(9); }).join();
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

// Of the child alone, and what it shares: how far it is, how long it has run.
TEST(Forkraw, TheChildCountsInSharedMemory) {
  auto* count = static_cast<std::atomic<int>*>(sys::sysshared(4096));
  ASSERT_NE(count, nullptr);
  const std::int64_t pid = sys::forkraw();
  if (pid == -EINVAL)
    GTEST_SKIP() << "an emulator: a child must signal its end";
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    while (*count < 1'000'000) ++*count;
    while (*count != -1) sys::usleep(100);
    sys::exitprocess(7);
  }
  int status = 0;
  EXPECT_EQ(sys::reap(pid, &status), 0);
  while (*count < 1'000'000) sys::usleep(100);
  EXPECT_GT(sys::cputime(pid), 0);
  *count = -1;
  while (sys::reap(pid, &status) == 0) sys::usleep(100);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  EXPECT_EQ(sys::cputime(pid), -EINVAL);
  sys::sysfree(count, 4096);
}

// ---- Output ----

TEST(Write, ReportsErrorsWithoutErrno) {
  errno = 77;
  EXPECT_EQ(sys::write(-1, "x", 1), -EBADF);
  EXPECT_EQ(errno, 77);
}

}  // namespace
