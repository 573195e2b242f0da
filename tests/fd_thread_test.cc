// tests/fd_thread_test.cc - threads that burrow did not make read, write and accept:
// outside a run, and while one comes and goes.

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::bytes;
using testsupport::nap;
using testsupport::readerror;
using testsupport::text;

TEST(FdThread, WaitsOutsideARun) {
  auto [in, out] = pipe();
  for (int i = 0; i < 20; ++i) {
    std::thread writer([&out = out, i] {
      nap(i % 2 * 2ms);
      out.write(bytes("x"));
    });
    EXPECT_EQ(text(in), "x");
    writer.join();
  }
  // And the other way: the writer fills the pipe and waits for room.
  std::thread writer([&out = out] {
    out.write(bytes(std::string(1 << 20, 'y')));
    out.close();
  });
  nap(2ms);
  EXPECT_EQ(testsupport::all(in).size(), std::size_t{1} << 20);
  writer.join();
}

TEST(FdThread, DeadlinesOutsideARun) {
  auto [in, out] = pipe();
  const auto start = steady_clock::now();
  in.set_read_deadline(start + 20ms);
  EXPECT_EQ(readerror(in), errc::deadline_exceeded);
  EXPECT_GE(steady_clock::now() - start, 20ms);
  // One that moves while somebody waits: sooner, and into the past.
  for (const auto to : {50ms, -1000ms}) {
    in.set_read_deadline(steady_clock::now() + 1h);
    std::thread reader(
        [&in = in] { EXPECT_EQ(readerror(in), errc::deadline_exceeded); });
    nap(5ms);
    in.set_read_deadline(steady_clock::now() + to);
    reader.join();
  }
  // Later, and gone.
  in.set_read_deadline(steady_clock::now() + 20ms);
  std::thread reader([&in = in] { EXPECT_EQ(text(in), "late"); });
  in.set_read_deadline({});
  nap(40ms);
  out.write(bytes("late"));
  reader.join();
}

TEST(FdThread, CloseWakesThemOutsideARun) {
  for (int i = 0; i < 50; ++i) {
    auto [in, out] = pipe();
    std::vector<std::thread> readers;  // one waits, two behind it
    for (int k = 0; k < 3; ++k)
      readers.emplace_back(
          [&in = in] { EXPECT_EQ(readerror(in), errc::closed); });
    nap(i % 5 * 200us);
    in.close();
    for (std::thread& t : readers) t.join();
  }
}

TEST(FdThread, AcceptsAndDialsOutsideARun) {
  net::listener l = net::listen("tcp", "127.0.0.1:0");
  std::thread server([&l] {
    for (int i = 0; i < 20; ++i) {
      net::conn c = l.accept();
      c.write(bytes(text(c)));
    }
  });
  for (int i = 0; i < 20; ++i) {
    net::conn c = net::dial("tcp", l.address());
    c.write(bytes("hello"));
    EXPECT_EQ(text(c), "hello");
  }
  server.join();
  std::thread waits([&l] {
    std::error_code ec;
    l.accept(ec);
    EXPECT_EQ(ec, errc::closed);
  });
  nap(2ms);
  l.close();
  waits.join();
}

TEST(FdThread, RunsAChildOutsideARun) {
  EXPECT_EQ((exec::command{"echo", "hello"}.output()), "hello\n");
  EXPECT_EQ((exec::command{"sh", "-c", "exit 7"}.run().exit_code), 7);
}

// It waits through runs that begin and end, and whose own goroutines poll.
TEST(FdThread, WaitsThroughRuns) {
  for (const int procs : {1, 2, 8}) {
    auto [in, out] = pipe();
    std::thread reader([&in = in] { EXPECT_EQ(text(in), "x"); });
    for (int i = 0; i < 3; ++i)
      run(
          [] {
            auto ends = pipe();
            go([&] { ends.write_end.write(bytes("y")); });
            EXPECT_EQ(text(ends.read_end), "y");
            sleep_for(2ms);
          },
          {.maxprocs = procs});
    out.write(bytes("x"));
    reader.join();
  }
}

// A run is on, and no m of it is awake.
GO_TEST(FdThread, WaitsWhileAllIsIdle) {
  auto c = make_chan<std::string>();
  for (int i = 0; i < 20; ++i) {
    auto [in, out] = pipe();
    std::thread reader([&in = in, c] { c.send(text(in)); });
    std::thread writer([&out = out] {
      nap(3ms);
      out.write(bytes("x"));
    });
    EXPECT_EQ(c.recv(), "x");
    blocking([&] {
      reader.join();
      writer.join();
    });
  }
}

// Threads and goroutines take turns at one descriptor.
GO_TEST(FdThread, SharesWithGoroutines) {
  auto [in, out] = pipe();
  std::atomic<int> got{0};
  constexpr int kEach = 200;
  const auto reader = [&in = in, &got] {
    std::array<std::byte, 1> one{};
    for (int i = 0; i < kEach; ++i) got += static_cast<int>(in.read(one));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back(reader);
  wait_group wg;
  for (int i = 0; i < 2; ++i) wg.go(reader);
  for (int i = 0; i < 4 * kEach; ++i) {
    out.write(bytes("x"));
    if (i % 8 == 0) yield();
  }
  wg.wait();
  blocking([&] {
    for (std::thread& t : threads) t.join();
  });
  EXPECT_EQ(got, 4 * kEach);
}

// Its bell is a descriptor: where there is none to be had, it still hears.
TEST(FdThread, WaitsWhereNoDescriptorIsLeft) {
  auto [in, out] = pipe();
  struct rlimit old {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  struct rlimit none = old;
  none.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  std::thread writer([&out = out] {
    nap(15ms);
    out.write(bytes("x"));
  });
  EXPECT_EQ(text(in), "x");
  writer.join();
  std::thread closer([&in = in] {
    nap(15ms);
    in.close();
  });
  EXPECT_EQ(readerror(in), errc::closed);
  closer.join();
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
}

}  // namespace
}  // namespace burrow
