// tests/poller_test.cc - sys/poller.h, each kind of it, one promise a test.
#include "sys/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/emulator.h"
#include "tests/support/iotest.h"

namespace sys = burrow::sys;
using burrow::testsupport::bytes;

namespace {

constexpr std::int64_t kMs = 1'000'000, kLong = 20'000 * kMs;

struct pipe_pair {
  pipe_pair() {
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
  }
  ~pipe_pair() {
    for (int& e : ends) shut(e);
  }
  static void shut(int& e) {
    if (e >= 0) ::close(e);
    e = -1;
  }
  void put() { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
  void drain() {
    char room[64];
    while (::read(ends[0], room, sizeof room) > 0) {
    }
  }
  std::array<int, 2> ends;
};

class Poller : public testing::TestWithParam<sys::pollkind> {
 protected:
  void SetUp() override {
    const std::int64_t err = sys::pollopen(p_, GetParam());
    if (err < 0) {
      ASSERT_EQ(GetParam(), sys::pollkind::uring);
      GTEST_SKIP() << "no io_uring here: errno " << -err;
    }
  }

  // What is told of tag next; 0: nothing, within ns nanoseconds.
  std::uint32_t next(std::uint64_t tag, std::int64_t ns) {
    std::array<sys::pollready, sys::kPollBatch> out;
    std::uint32_t seen = 0;
    while (const std::int64_t n = sys::pollwait(p_, out.data(), ns)) {
      for (std::int64_t i = 0; i < n; ++i)
        if (out[static_cast<std::size_t>(i)].tag == tag)
          seen |= out[static_cast<std::size_t>(i)].what;
      if (seen != 0) break;
    }
    return seen;
  }

  // What is told of tag until it is told that `want`.
  std::uint32_t await(std::uint64_t tag, std::uint32_t want) {
    std::uint32_t seen = 0;
    while ((seen & want) == 0) seen |= next(tag, kLong);
    return seen;
  }

  // Ends a watch, and returns when it has ended.
  void end(int fd, std::uint64_t tag) {
    const std::int64_t r = sys::polldel(p_, fd, tag);
    ASSERT_EQ(r, GetParam() == sys::pollkind::uring ? 1 : 0);
    if (r == 1) await(tag, sys::kPollLost);
  }

  sys::poller p_;
};

TEST_P(Poller, TellsAtFirstWhatIsReadyAlready) {
  pipe_pair a;
  a.put();
  ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
  ASSERT_EQ(sys::polladd(p_, a.ends[1], 8), 0);
  std::uint32_t seen[2] = {};
  std::array<sys::pollready, sys::kPollBatch> out;
  while ((seen[0] & sys::kPollRead) == 0 || (seen[1] & sys::kPollWrite) == 0) {
    const std::int64_t n = sys::pollwait(p_, out.data(), kLong);
    for (std::int64_t i = 0; i < n; ++i)
      seen[out[static_cast<std::size_t>(i)].tag - 7] |=
          out[static_cast<std::size_t>(i)].what;
  }
  EXPECT_EQ(seen[0], sys::kPollRead);
  EXPECT_EQ(seen[1], sys::kPollWrite);
}

TEST_P(Poller, TellsOnceWhileItStaysSoAndAgainWhenItBecomesSo) {
  pipe_pair a;
  ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
  EXPECT_EQ(next(7, 0), 0u);
  for (int i = 0; i < 100; ++i) {
    a.put();
    EXPECT_EQ(await(7, sys::kPollRead), sys::kPollRead);
    EXPECT_EQ(next(7, 0), 0u);
    a.drain();
  }
}

TEST_P(Poller, TellsOfTheEnd) {
  int s[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
  ASSERT_EQ(sys::polladd(p_, s[0], 7), 0);
  await(7, sys::kPollWrite);
  ::shutdown(s[1], SHUT_WR);
  await(7, sys::kPollEnd);
  ::close(s[1]);
  await(7, sys::kPollEnd);
  ::close(s[0]);
}

TEST_P(Poller, RefusesWhatIsAlwaysReadyAndWhatIsNotOpen) {
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(sys::polladd(p_, file, 7), -EPERM);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  EXPECT_EQ(sys::polladd(p_, null, 8), -EPERM);
  ::close(null);
  ::close(file);
  EXPECT_EQ(sys::polladd(p_, file, 7), -EBADF);
}

TEST_P(Poller, NothingIsToldAfterDelOfADuplicatedDescriptor) {
  pipe_pair a;
  const int other = ::dup(a.ends[0]);
  ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
  ASSERT_EQ(sys::polladd(p_, other, 8), 0);
  end(a.ends[0], 7);
  a.put();
  EXPECT_EQ(await(8, sys::kPollRead), sys::kPollRead);
  EXPECT_EQ(next(7, 0), 0u);
  end(other, 8);
  ::close(other);
}

// Whatever the thread does that has added it. The ring lets a file go a moment after
// it has told the end.
TEST_P(Poller, AnEndedWatchHoldsNoFileOpen) {
  ::signal(SIGPIPE, SIG_IGN);
  pipe_pair a;
  std::atomic<int> step{0};
  std::thread busy([&] {
    EXPECT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
    step = 1;
    while (step == 1) {
    }
  });
  while (step == 0) std::this_thread::yield();
  end(a.ends[0], 7);
  pipe_pair::shut(a.ends[0]);
  ssize_t r = 1;
  for (int i = 0; i < 1000 && r == 1; ++i) {
    r = ::write(a.ends[1], "x", 1);
    if (r == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(r, -1);
  EXPECT_EQ(errno, EPIPE);
  step = 2;
  busy.join();
}

TEST_P(Poller, ATimeoutEndsTheWait) {
  std::array<sys::pollready, sys::kPollBatch> out;
  while (sys::pollwait(p_, out.data(), 0) > 0) {
  }
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start <
         std::chrono::milliseconds(20))
    EXPECT_EQ(sys::pollwait(p_, out.data(), 20 * kMs), 0);
}

TEST_P(Poller, BreakEndsOneWaitThePresentOrTheNext) {
  std::array<sys::pollready, sys::kPollBatch> out;
  sys::pollbreak(p_);
  EXPECT_EQ(sys::pollwait(p_, out.data(), -1), 0);
  for (int i = 0; i < 100; ++i) {
    std::atomic<int> done{0};
    std::thread waiter([&] {
      EXPECT_EQ(sys::pollwait(p_, out.data(), -1), 0);
      done = 1;
    });
    while (done == 0) {
      sys::pollbreak(p_);
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    waiter.join();
  }
}

// A watch that a thread has added outlives the thread, or says that it does not.
TEST_P(Poller, TheThreadThatHasAddedMayEnd) {
  pipe_pair a;
  std::thread([&] { ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0); }).join();
  for (int i = 0; i < 3; ++i) {
    a.put();
    for (std::uint32_t seen = 0; (seen & sys::kPollRead) == 0;) {
      seen = next(7, kLong);
      if ((seen & sys::kPollLost) != 0) {
        ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
      }
    }
    a.drain();
  }
}

// More events than any ring has room for are not lost.
TEST_P(Poller, ManyEventsBeforeAnybodyLooks) {
  constexpr std::size_t kPipes = 200, kRounds = 40;
  std::vector<pipe_pair> pipes(kPipes);
  for (std::size_t i = 0; i < kPipes; ++i)
    ASSERT_EQ(sys::polladd(p_, pipes[i].ends[0], i), 0);
  for (std::size_t round = 0; round < kRounds; ++round)
    for (pipe_pair& a : pipes) {
      a.drain();
      a.put();
    }
  std::array<sys::pollready, sys::kPollBatch> out;
  std::vector<bool> seen(kPipes);
  std::size_t left = kPipes;
  while (left > 0) {
    const std::int64_t n = sys::pollwait(p_, out.data(), kLong);
    for (std::int64_t i = 0; i < n; ++i) {
      const sys::pollready& e = out[static_cast<std::size_t>(i)];
      if ((e.what & sys::kPollLost) != 0) {
        ASSERT_EQ(sys::polladd(p_, pipes[e.tag].ends[0], e.tag), 0);
      }
      if ((e.what & sys::kPollRead) == 0 || seen[e.tag]) continue;
      seen[e.tag] = true;
      left--;
    }
  }
}

// Each of many edges is told to one of those who wait, while others add and end
// watches.
TEST_P(Poller, ManyThreadsWaitAddAndDelete) {
  constexpr int kWaiters = 3, kRounds = 300;
  std::atomic<std::uint64_t> told{0};
  std::atomic<bool> over{false};
  pipe_pair a;
  ASSERT_EQ(sys::polladd(p_, a.ends[0], 7), 0);
  std::vector<std::thread> waiters;
  for (int w = 0; w < kWaiters; ++w)
    waiters.emplace_back([&] {
      std::array<sys::pollready, sys::kPollBatch> out;
      while (!over) {
        const std::int64_t n = sys::pollwait(p_, out.data(), 100 * kMs);
        for (std::int64_t i = 0; i < n; ++i)
          if (out[static_cast<std::size_t>(i)].tag == 7) told++;
      }
    });
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      pipe_pair b;
      b.put();
      ASSERT_EQ(sys::polladd(p_, b.ends[0], 100 + i), 0);
      ASSERT_GE(sys::polldel(p_, b.ends[0], 100 + i), 0);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    const std::uint64_t before = told;
    a.put();
    while (told == before) std::this_thread::yield();
    a.drain();
  }
  other.join();
  over = true;
  for (std::thread& w : waiters) w.join();
}

INSTANTIATE_TEST_SUITE_P(Kinds, Poller,
                         testing::Values(sys::pollkind::standard,
                                         sys::pollkind::uring),
                         [](const auto& kind) {
                           return kind.param == sys::pollkind::uring
                                      ? "uring"
                                      : "standard";
                         });

// ---- The choice at run time ----

// From now on this process has no io_uring.
void forbid() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog prog{std::size(code), code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
    std::exit(3);
}

// Exits 0 if a message went through a pipe, and the poller is a ring or not, as
// said.
void usepipe(const char* debug, bool ring) {
  ::setenv("BURROW_DEBUG", debug, 1);
  const int r = burrow::run([] {
    auto [in, out] = burrow::pipe();
    auto got =
        burrow::async([&in = in] { return burrow::testsupport::all(in); });
    burrow::sleep_for(std::chrono::milliseconds(1));
    out.write(bytes("x"));
    out.close();
    return got.get() == "x" ? 0 : 1;
  });
  bool found = false;
  for (int fd = 0; fd < 100; ++fd) {
    char room[64] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (::readlink(link.c_str(), room, sizeof room - 1) > 0)
      found |= std::string(room) == "anon_inode:[io_uring]";
  }
  std::exit(r != 0 ? r : found == ring ? 0 : 4);
}

TEST(PollerDeathTest, WhereItIsForbiddenEpollTakesItsPlaceAndIsSaid) {
  SKIP_WITHOUT_PROGRAMS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT((forbid(), usepipe("netpoll=uring", false)),
              testing::ExitedWithCode(0),
              "BURROW_DEBUG=netpoll=uring: .*errno 1.*using epoll");
}

TEST(PollerDeathTest, ItIsChosenByTheEnvironment) {
  SKIP_WITHOUT_PROGRAMS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  sys::poller p;
  if (sys::pollopen(p, sys::pollkind::uring) < 0)
    GTEST_SKIP() << "no io_uring here";
  ::close(p.fd);
  EXPECT_EXIT(usepipe("netpoll=uring", true), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(usepipe("netpoll=epoll", false), testing::ExitedWithCode(0), "");
}

TEST(PollerDeathTest, AnUnknownKindIsSaidAndIgnored) {
  SKIP_WITHOUT_PROGRAMS();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(usepipe("netpoll=kqueue", false), testing::ExitedWithCode(0),
              "BURROW_DEBUG=netpoll=kqueue: not understood; ignored");
}

}  // namespace
