// tests/fd_life_test.cc - descriptors that outlive a run, and waiters that outlive
// their handle.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/afterrun.h"
#include "tests/support/dumptest.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::awaitzombies;
using testsupport::bytes;
using testsupport::readerror;
using testsupport::text;

bool isopen(int n) { return ::fcntl(n, F_GETFD) >= 0; }

// Who waits at the end of a run, in the netpoller and behind that one, keeps
// neither the turn nor the number.
TEST(FdLife, ARunThatEndsGivesBackItsTurns) {
  for (const int procs : {1, 2, 8}) {
    pipe_ends ends = pipe();  // clang 14: no captures of structured bindings
    fd &in = ends.read_end, &out = ends.write_end;
    const int n = in.get(), m = out.get();
    for (int i = 0; i < 3; ++i) {
      run(
          [&, i] {
            for (int k = 0; k < 3; ++k) go([&in] { readerror(in); });
            for (int k = 0; k < 2; ++k)
              go([&out] { out.write(bytes(std::string(1 << 20, 'x'))); });
            for (int k = 0; k < i; ++k) yield();
            if (i == 2) sleep_for(2ms);
          },
          {.maxprocs = procs});
      awaitzombies();
      run(
          [&] {
            wait_group wg;
            wg.go([&out] { out.write(bytes("y")); });
            in.set_read_deadline(steady_clock::now() + 60s);
            while (text(in).back() != 'y') {
            }
            wg.wait();
          },
          {.maxprocs = procs});
    }
    in.close();
    out.close();
    EXPECT_FALSE(isopen(n));
    EXPECT_FALSE(isopen(m));
  }
}

// The first run's timer, for an earlier time, is gone with it.
TEST(FdLife, ADeadlineHoldsInASecondRun) {
  for (const int procs : {1, 2, 8}) {
    auto [in, out] = pipe();
    const auto start = steady_clock::now();
    run(
        [&, &in = in] {
          in.set_read_deadline(start + 20ms);
          go([&in] { readerror(in); });
          testsupport::settle();
        },
        {.maxprocs = procs});
    awaitzombies();
    run(
        [&, &in = in] {
          in.set_read_deadline(start + 30ms);
          EXPECT_EQ(readerror(in), errc::deadline_exceeded);
        },
        {.maxprocs = procs});
    EXPECT_GE(steady_clock::now() - start, 30ms);
  }
}

// A goroutine that goes on in user code after its run, and reads then, with a deadline,
// takes no lock with it.
TEST(FdLife, AReadAfterTheRunKeepsNoLock) {
  for (const int procs : {2, 8}) {
    pipe_ends ends = pipe();
    fd& in = ends.read_end;
    std::atomic<bool> computes{false}, over{false};
    in.set_read_deadline(steady_clock::now() + 10s);
    run(
        [&] {
          lock_os_thread();  // main stays on this thread, the other gets one
          go([&] {
            computes = true;
            while (!over) {
            }
            readerror(in);
          });
          while (!computes) yield();
        },
        {.maxprocs = procs});
    over = true;
    awaitzombies();  // it has read
    in.set_read_deadline(steady_clock::now() + 10ms);
    run([&] { EXPECT_EQ(readerror(in), errc::deadline_exceeded); },
        {.maxprocs = procs});
  }
}

TEST(FdLife, AListenerIsFreeAfterItsRun) {
  for (const int procs : {1, 2, 8}) {
    net::listener l = net::listen("tcp", "127.0.0.1:0");
    for (int i = 0; i < 3; ++i) {
      run(
          [&] {
            go([&] { l.accept(); });
            sleep_for(1ms);
          },
          {.maxprocs = procs});
      awaitzombies();
      run(
          [&] {
            wait_group wg;
            wg.go([&] {
              net::conn c = net::dial("tcp", l.address());
              c.write(bytes("x"));
            });
            l.set_deadline(steady_clock::now() + 60s);
            net::conn c = l.accept();
            EXPECT_EQ(text(c), "x");
            wg.wait();
          },
          {.maxprocs = procs});
    }
  }
}

// A thread behind a goroutine gets the turn when the goroutine's run ends.
TEST(FdLife, AThreadBehindAGoroutineThatIsGone) {
  for (const int procs : {1, 2, 8}) {
    auto [in, out] = pipe();
    std::thread reader;
    run(
        [&, &in = in] {
          go([&in] { readerror(in); });
          sleep_for(1ms);
          reader = std::thread([&in] { EXPECT_EQ(text(in), "x"); });
          sleep_for(2ms);
        },
        {.maxprocs = procs});
    awaitzombies();
    out.write(bytes("x"));
    reader.join();
  }
}

// A goroutine that blocks its thread in a read when its run ends gives the turn
// back when the system lets it go.
TEST(FdLife, ABlockedThreadOfARunThatIsOver) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
    GTEST_SKIP() << "no pseudo-terminals";
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) GTEST_SKIP() << "no pseudo-terminals";
  fd in(slave);
  for (const int procs : {1, 2, 8}) {
    std::atomic<bool> reading{false};
    run(
        [&] {
          lock_os_thread();  // run's own thread shall not block
          go([&] {
            reading = true;
            readerror(in);
          });
          while (!reading) yield();
          sleep_for(20ms);
        },
        {.maxprocs = procs});
    run(
        [&] {
          std::optional<std::string> got;
          wait_group wg;
          wg.go([&] { got = text(in); });
          sleep_for(2ms);
          ASSERT_EQ(::write(master, "a\n", 2), 2);  // the last run's takes it
          sleep_for(20ms);
          ASSERT_EQ(::write(master, "b\n", 2), 2);
          wg.wait();
          EXPECT_TRUE(got == "b\n" || got == "a\n") << *got;
        },
        {.maxprocs = procs});
    ::tcflush(slave, TCIFLUSH);
  }
  in.close();
  EXPECT_FALSE(isopen(slave));
  ::close(master);
}

// What f throws.
template <class F>
std::error_code thrown(F f) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

// To destroy what others wait for is a mistake; those are told, all the same. Who
// does not wait yet is not: all must be seen to.
template <class T, class F>
void destroy(T made, F use) {
  auto it = std::make_unique<T>(std::move(made));
  wait_group wg;
  for (int i = 0; i < 3; ++i)
    wg.go([&, p = it.get()] {
      EXPECT_EQ(thrown([&] { use(*p); }), errc::closed);
    });
  testsupport::await_parked("[IO wait", 3);
  it.reset();
  wg.wait();
}

GO_TEST(FdLife, DestroyedWhileOthersWait) {
  for (int i = 0; i < 10; ++i) {
    std::array<std::byte, 8> room{};
    auto [in, out] = pipe();
    destroy(std::move(in), [&](fd& f) { f.read(room); });
    destroy(net::listen("tcp", "127.0.0.1:0"),
            [](net::listener& l) { l.accept(); });
    destroy(net::listen_packet("udp", "127.0.0.1:0"),
            [&](net::packet_conn& c) { c.read_from(room); });
    net::listener l = net::listen("tcp", "127.0.0.1:0");
    net::conn c = net::dial("tcp", l.address());
    destroy(l.accept(), [&](net::conn& s) { s.read(room); });
  }
}

// A local socket tells no more than one message with a descriptor in it at a time:
// a short read is not the end of what is there.
GO_TEST(FdLife, ShortReadsOfALocalSocketAreNotAllThereIs) {
  const std::string name = "@burrow-fd-life-" + std::to_string(::getpid());
  net::listener l = net::listen("unix", name);
  net::conn c = net::dial("unix", name);
  net::conn s = l.accept();
  s.set_read_deadline(steady_clock::now() + 60s);
  wait_group wg;
  wg.go([&] { EXPECT_EQ(text(s), "0"); });
  testsupport::settle();
  c.write(bytes("0"));
  wg.wait();
  char a = 'a';
  struct iovec v {
    &a, 1
  };
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  struct msghdr m {};
  m.msg_iov = &v;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = sizeof control;
  cmsghdr* h = CMSG_FIRSTHDR(&m);
  h->cmsg_level = SOL_SOCKET;
  h->cmsg_type = SCM_RIGHTS;
  h->cmsg_len = CMSG_LEN(sizeof(int));
  const int zero = 0;
  __builtin_memcpy(CMSG_DATA(h), &zero, sizeof zero);
  ASSERT_EQ(::sendmsg(c.get(), &m, 0), 1);
  c.write(bytes("b"));
  EXPECT_EQ(text(s), "a");
  EXPECT_EQ(text(s), "b");
}

// Nor does a pipe of packets.
GO_TEST(FdLife, ShortReadsOfAPipeOfPacketsAreNotAllThereIs) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK | O_DIRECT), 0);
  fd in(ends[0]), out(ends[1]);
  in.set_read_deadline(steady_clock::now() + 60s);
  out.write(bytes("a"));
  out.write(bytes("b"));
  EXPECT_EQ(text(in), "a");
  EXPECT_EQ(text(in), "b");
}

// What a forked child closes its parent still watches.
GO_TEST(FdLife, AForkedChildsCloseIsItsOwn) {
  auto [in, out] = pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    in.close();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  in.set_read_deadline(steady_clock::now() + 30s);
  wait_group wg;
  wg.go([&in = in] { EXPECT_EQ(text(in), "x"); });
  testsupport::await_parked("[IO wait", 1);
  out.write(bytes("x"));
  wg.wait();
}

// Two handles on one number, as after a dup2: the second cannot be watched, and
// does not block, but waits.
GO_TEST(FdLife, WhatDoesNotBlockAndIsNotWatchedWaits) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  fd first(ends[0]), out(ends[1]);
  {
    fd second(ends[0]);
    wait_group wg;
    wg.go([&] { EXPECT_EQ(text(second), "x"); });
    sleep_for(5ms);
    out.write(bytes("x"));
    wg.wait();
    second.release();
  }
}

GO_TEST(FdLife, DeadlinesByErrorCode) {
  auto [in, out] = pipe();
  std::error_code ec = errc::closed;
  in.set_read_deadline(steady_clock::now() - 1s, ec);
  EXPECT_FALSE(ec);
  EXPECT_EQ(readerror(in), errc::deadline_exceeded);
  out.set_write_deadline(steady_clock::now() - 1s, ec);
  EXPECT_FALSE(ec);
  EXPECT_EQ(out.write(bytes("x"), ec), 0u);
  EXPECT_EQ(ec, errc::deadline_exceeded);
  out.set_deadline({}, ec);
  EXPECT_FALSE(ec);
  EXPECT_EQ(out.write(bytes("x"), ec), 1u);
  EXPECT_FALSE(ec);
  fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  file.set_deadline(steady_clock::now(), ec);  // nobody can watch it
  EXPECT_EQ(ec, std::errc::operation_not_supported);
  out.close();
  for (auto set : {static_cast<void (fd::*)(time_point, std::error_code&)>(
                       &fd::set_deadline),
                   static_cast<void (fd::*)(time_point, std::error_code&)>(
                       &fd::set_read_deadline),
                   static_cast<void (fd::*)(time_point, std::error_code&)>(
                       &fd::set_write_deadline)}) {
    ec.clear();
    (out.*set)(steady_clock::now(), ec);
    EXPECT_EQ(ec, errc::closed);
  }
}

GO_TEST(FdLife, NoDescriptorForAPipe) {
  std::error_code ec;
  pipe(ec);
  EXPECT_FALSE(ec);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit none = old;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const pipe_ends p = pipe(ec);
  EXPECT_THROW(pipe(), std::system_error);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(ec, std::errc::too_many_files_open);
  EXPECT_EQ(p.read_end.get(), -1);
}

}  // namespace
}  // namespace burrow
