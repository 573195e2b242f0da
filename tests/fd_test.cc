// tests/fd_test.cc - fd and pipe: waiting in the netpoller, deadlines, close.

#include "burrow/fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/dumptest.h"
#include "tests/support/emulator.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::bytes;
using testsupport::readerror;
using testsupport::text;

int opendescriptors() {
  int n = 0;
  for (int i = 0; i < 1024; ++i) n += ::fcntl(i, F_GETFD) >= 0 ? 1 : 0;
  return n;
}

GO_TEST(Pipe, PassesBytesAndEnds) {
  auto [in, out] = pipe();
  EXPECT_EQ(::fcntl(in.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(out.write(bytes("hello")), 5u);
  EXPECT_EQ(text(in), "hello");
  wait_group wg;
  wg.go([&out = out] {
    testsupport::settle();
    out.write(bytes("later"));
    out.close();
  });
  EXPECT_EQ(text(in), "later");
  EXPECT_EQ(text(in), "");
  EXPECT_EQ(text(in), "");
  wg.wait();
}

// The writer fills the pipe many times over: each side waits for the other.
GO_TEST(Pipe, AMegabyteThroughAFullPipe) {
  auto [in, out] = pipe();
  static constexpr std::size_t kBytes = std::size_t{3} << 20;
  wait_group wg;
  wg.go([&out = out] {
    std::vector<std::byte> all(kBytes);
    for (std::size_t i = 0; i < kBytes; ++i) all[i] = std::byte(i * 31 / 7);
    EXPECT_EQ(out.write(all), kBytes);
    out.close();
  });
  std::vector<std::byte> room(7777);
  std::size_t at = 0;
  bool right = true;
  while (const std::size_t n = in.read(room)) {
    for (std::size_t i = 0; i < n; ++i, ++at)
      right = right && room[i] == std::byte(at * 31 / 7);
  }
  EXPECT_EQ(at, kBytes);
  EXPECT_TRUE(right);
  wg.wait();
}

GO_TEST(Pipe, WritesOfSeveralGoroutinesAreNotTorn) {
  auto [in, out] = pipe();
  static constexpr int kWriters = 4, kEach = 20;
  static constexpr std::size_t kPiece = 100'000;  // more than the pipe holds
  wait_group wg;
  for (int w = 0; w < kWriters; ++w)
    wg.go([&out = out, w] {
      const std::string piece(kPiece, static_cast<char>('a' + w));
      for (int i = 0; i < kEach; ++i) out.write(bytes(piece));
    });
  std::string all;
  while (all.size() < kWriters * kEach * kPiece) all += text(in, 65536);
  wg.wait();
  for (std::size_t at = 0; at < all.size(); at += kPiece)
    ASSERT_EQ(all.find_first_not_of(all[at], at) / kPiece > at / kPiece ||
                  all.find_first_not_of(all[at], at) == all.npos,
              true)
        << at;
}

GO_TEST(Fd, CloseWakesWhoWaitsAndFailsTheRest) {
  auto [in, out] = pipe();
  wait_group wg;
  for (int i = 0; i < 3; ++i)  // one waits in the netpoller, two behind it
    wg.go([&in = in] { EXPECT_EQ(readerror(in), errc::closed); });
  testsupport::settle();
  sleep_for(1ms);
  in.close();
  wg.wait();
  EXPECT_EQ(in.get(), -1);
  EXPECT_EQ(readerror(in), errc::closed);
  EXPECT_THROW(in.close(), std::system_error);
  EXPECT_THROW(in.set_deadline(steady_clock::now()), std::system_error);
  fd empty;
  EXPECT_EQ(readerror(empty), errc::closed);
  EXPECT_EQ(empty.get(), -1);
  std::error_code ec;
  EXPECT_EQ(out.write(bytes("x"), ec), 0u);
  EXPECT_EQ(ec, std::errc::broken_pipe);
}

GO_TEST(Fd, CloseWakesAWriter) {
  auto [in, out] = pipe();
  wait_group wg;
  wg.go([&out = out] {
    const std::string much(1 << 20, 'x');
    std::error_code ec;
    const std::size_t n = out.write(bytes(much), ec);
    EXPECT_EQ(ec, errc::closed);
    EXPECT_GT(n, 0u);
    EXPECT_LT(n, much.size());
  });
  for (int queued = 0; queued == 0; sleep_for(1ms))
    ::ioctl(in.get(), FIONREAD, &queued);
  out.close();
  wg.wait();
}

GO_TEST(Fd, DeadlinesEndReads) {
  auto [in, out] = pipe();
  const auto start = steady_clock::now();
  in.set_read_deadline(start + 20ms);
  EXPECT_EQ(readerror(in), errc::deadline_exceeded);
  EXPECT_GE(steady_clock::now() - start, 20ms);
  // It has passed: what is there is not read either, until it is moved.
  out.write(bytes("x"));
  EXPECT_EQ(readerror(in), std::errc::timed_out);
  in.set_read_deadline(steady_clock::now() + 1h);
  EXPECT_EQ(text(in), "x");
  in.set_read_deadline({});
  out.write(bytes("y"));
  EXPECT_EQ(text(in), "y");
}

GO_TEST(Fd, ADeadlineThatMovesWhileSomebodyWaits) {
  auto [in, out] = pipe();
  in.set_deadline(steady_clock::now() + 1h);
  wait_group wg;
  const auto start = steady_clock::now();
  wg.go([&in = in] { EXPECT_EQ(readerror(in), errc::deadline_exceeded); });
  testsupport::settle();
  in.set_deadline(start + 30ms);  // sooner
  testsupport::settle();
  in.set_deadline(start + 60ms);  // later again
  wg.wait();
  EXPECT_GE(steady_clock::now() - start, 60ms);
  // In the past: at once.
  wg.go([&in = in] {
    in.set_deadline({});
    EXPECT_EQ(readerror(in), errc::deadline_exceeded);
  });
  testsupport::settle();
  sleep_for(1ms);
  in.set_deadline(steady_clock::now() - 1s);
  wg.wait();
}

GO_TEST(Fd, ADeadlineEndsAWrite) {
  auto [in, out] = pipe();
  out.set_write_deadline(steady_clock::now() + 20ms);
  const std::string much(1 << 20, 'x');
  std::error_code ec;
  EXPECT_LT(out.write(bytes(much), ec), much.size());
  EXPECT_EQ(ec, errc::deadline_exceeded);
}

GO_TEST(Fd, ADeadlineOfEachMessage) {
  auto [in, out] = pipe();
  wait_group wg;
  wg.go([&out = out] {
    for (int i = 0; i < 200; ++i) {
      if (i % 20 == 0) sleep_for(2ms);
      out.write(bytes("m"));
    }
    out.close();
  });
  std::size_t n = 0;
  for (;;) {
    in.set_read_deadline(steady_clock::now() + 10s);
    const std::string s = text(in);
    if (s.empty()) break;
    n += s.size();
  }
  EXPECT_EQ(n, 200u);
  wg.wait();
}

// What somebody else has opened keeps its flags.
GO_TEST(Fd, ADescriptorThatWasGiven) {
  SKIP_WITHOUT_NOWAIT();
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  {
    fd in(ends[0]), out(ends[1]);
    wait_group wg;
    wg.go([&] { EXPECT_EQ(text(in), "later"); });
    testsupport::settle();
    sleep_for(1ms);
    out.write(bytes("later"));
    wg.wait();
    EXPECT_EQ(::fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    in.set_read_deadline(steady_clock::now() + 5ms);
    EXPECT_EQ(readerror(in), errc::deadline_exceeded);
    EXPECT_EQ(in.release(), ends[0]);
    EXPECT_EQ(in.get(), -1);
    EXPECT_EQ(in.release(), -1);
  }
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), FD_CLOEXEC);  // released: still open
  EXPECT_EQ(::fcntl(ends[1], F_GETFD), -1);
  ::close(ends[0]);
}

GO_TEST(Fd, SocketsAndEventfds) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  fd a(ends[0]), b(ends[1]);
  wait_group wg;
  wg.go([&] { EXPECT_EQ(text(b), "over"); });
  testsupport::settle();
  a.write(bytes("over"));
  wg.wait();
  fd e(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  wg.go([&] {
    std::uint64_t n = 0;
    EXPECT_EQ(e.read(std::as_writable_bytes(std::span(&n, 1))), sizeof n);
    EXPECT_EQ(n, 3u);
  });
  testsupport::settle();
  const std::uint64_t three = 3;
  e.write(std::as_bytes(std::span(&three, 1)));
  wg.wait();
}

GO_TEST(Fd, ARegularFileBlocksTheThreadOnly) {
  char name[] = "/tmp/burrow_fd_XXXXXX";
  fd f(::mkstemp(name));
  ::unlink(name);
  f.write(bytes("content"));
  ASSERT_EQ(::lseek(f.get(), 0, SEEK_SET), 0);
  EXPECT_EQ(text(f), "content");
  EXPECT_EQ(text(f), "");
  try {
    f.set_deadline(steady_clock::now());
    ADD_FAILURE() << "a deadline on a regular file";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::operation_not_supported);
  }
}

TEST(FdErrors, BadDescriptor) {
  run([] {
    fd f(1000);
    try {
      f.read({});
      std::array<std::byte, 1> room{};
      f.read(room);
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::bad_file_descriptor);
      EXPECT_TRUE(std::string(e.what()).starts_with("read")) << e.what();
    }
  });
}

// Numbers are used again at once: an event, a deadline or a waiter of the old
// file must not reach the new one.
GO_TEST(Fd, NumbersThatAreUsedAgain) {
  const int before = opendescriptors();
  wait_group wg;
  for (int w = 0; w < 4; ++w)
    wg.go([] {
      for (int i = 0; i < 300; ++i) {
        auto [in, out] = pipe();
        if (i % 3 == 0) in.set_read_deadline(steady_clock::now() + 1ms);
        wait_group reader;
        reader.go([&in = in] {
          std::array<std::byte, 8> room{};
          std::error_code ec;
          const std::size_t n = in.read(room, ec);
          EXPECT_TRUE(n == 1 || n == 0) << n;
          const bool known =
              !ec || ec == errc::closed || ec == errc::deadline_exceeded;
          EXPECT_TRUE(n == 1 || known) << ec.message();
        });
        if (i % 2 == 0) yield();
        std::error_code ec;
        if (i % 5 < 2) out.write(bytes("x"), ec);
        if (i % 7 < 3) in.close();
        out.close();
        reader.wait();
      }
    });
  wg.wait();
  EXPECT_EQ(opendescriptors(), before);
}

GO_TEST(Fd, ForeignThreadsWaitAsThreads) {
  auto [in, out] = pipe();
  std::thread t([&in = in] { EXPECT_EQ(text(in), "to a thread"); });
  sleep_for(2ms);
  out.write(bytes("to a thread"));
  blocking([&] { t.join(); });
}

GO_TEST(Fd, WhoWaitsIsNotDeadButIsShown) {
  auto [in, out] = pipe();
  wait_group wg;
  go({.name = "reader"}, [&wg, &in = in, x = (wg.add(1), 0)] {
    (void)x;
    text(in);
    wg.done();
  });
  testsupport::await_dump("\"reader\" \\[IO wait\\]:");
  out.close();
  wg.wait();
}

// The main goroutine waits for a pipe, nobody else is there: no deadlock, for a
// descriptor may become ready by another process's doing.
TEST(FdRun, WaitingForADescriptorIsNoDeadlock) {
  for (int procs : {1, 2, 8}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    std::thread([w = ends[1]] {
      std::this_thread::sleep_for(50ms);
      (void)!::write(w, "x", 1);
      ::close(w);
    }).detach();
    EXPECT_EQ(run(
                  [r = ends[0]] {
                    fd in(r);
                    return static_cast<int>(text(in).size());
                  },
                  {.maxprocs = procs}),
              1);
  }
}

TEST(FdRun, RunsEndWhileGoroutinesWait) {
  for (int procs : {1, 2, 8})
    for (int i = 0; i < 50; ++i) {
      auto ends = std::make_unique<pipe_ends>();
      run(
          [&] {
            *ends = pipe();
            for (int k = 0; k < 3; ++k) go([&] { readerror(ends->read_end); });
            for (int k = 0; k < i % 4; ++k) yield();
          },
          {.maxprocs = procs});
    }
}

}  // namespace
}  // namespace burrow
