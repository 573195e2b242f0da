// tests/net_badpeer_test.cc - peers that misbehave: they reset, stop, never read,
// send a byte at a time, come by the thousand; and no descriptor is left for them.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/procself.h"
#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using net::conn;
using net::listener;
using std::chrono::steady_clock;
using testsupport::bytes;

std::string take(fd& f, std::size_t n) {
  return net::buffered_reader(f, n).read_exact(n);
}

std::pair<conn, conn> pair() {
  listener l = net::listen("tcp", "127.0.0.1:0");
  conn c = net::dial("tcp", l.address());
  return {std::move(c), l.accept()};
}

int option(const conn& c, int level, int name) {
  int value = -1;
  socklen_t len = sizeof value;
  ::getsockopt(c.get(), level, name, &value, &len);
  return value;
}

void set(const conn& c, int level, int name, int value) {
  ::setsockopt(c.get(), level, name, &value, sizeof value);
}

void reset(conn& c) {
  const linger now{1, 0};
  ::setsockopt(c.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  c.close();
}

// echo is examples/echo, perhaps through a shell's command before it.
struct echo {
  exec::command program;
  fd err;
  std::string where;

  explicit echo(const std::string& before = "")
      : program{"sh", "-c",
                before + "exec " + testsupport::example_path("echo") +
                    " 127.0.0.1:0"},
        where(testsupport::startserver(program, err)) {}
  ~echo() {
    program.kill(SIGINT);
    EXPECT_EQ(program.wait().exit_code, 0);
  }
  echo(const echo&) = delete;
  echo& operator=(const echo&) = delete;
};

// 30 connections for a server that may have 20 descriptors: those that it has let
// in are served, and as they leave so are the others.
GO_TEST(BadPeer, NoDescriptorsLeftForAccept) {
  echo e("ulimit -n 20; ");
  auto complaint = async(
      [&e] { return net::buffered_reader(e.err).read_line().value_or(""); });
  std::vector<conn> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(net::dial("tcp", e.where));
  const std::string said = complaint.get();
  EXPECT_TRUE(said.starts_with("echo: accept: Too many open files")) << said;
  // The rest of its words must not fill the pipe.
  auto rest = async([&e] { return testsupport::all(e.err); });
  for (conn& c : clients) {
    c.write(bytes("hello"));
    EXPECT_EQ(take(c, 5), "hello");
    c.write(bytes("again"));
    EXPECT_EQ(take(c, 5), "again");
    c.close();
  }
  e.program.kill(SIGINT);
  rest.get();
}

GO_TEST(BadPeer, AResetEndsReadsAndWrites) {
  for (const bool waits : {true, false}) {
    auto [c, s] = pair();
    std::error_code ec;
    std::array<std::byte, 8> room{};
    if (waits) {
      auto read = async([&s = s, &room] {
        std::error_code end;
        s.read(room, end);
        return end;
      });
      testsupport::settle();
      reset(c);
      EXPECT_EQ(read.get(), std::errc::connection_reset);
    } else {
      reset(c);
      s.read(room, ec);
      EXPECT_EQ(ec, std::errc::connection_reset);
    }
    s.write(bytes("x"), ec);
    EXPECT_EQ(ec, std::errc::broken_pipe);
    EXPECT_EQ(s.read(room, ec), 0u);  // told once; then it is the end
  }
}

GO_TEST(BadPeer, AResetEndsAWriteThatWaits) {
  auto [c, s] = pair();
  auto written = async([&s = s] {
    const std::string much(std::size_t{64} << 20, 'x');
    std::error_code ec;
    s.write(bytes(much), ec);
    return ec;
  });
  take(c, 100'000);
  reset(c);
  const std::error_code ec = written.get();
  EXPECT_TRUE(ec == std::errc::connection_reset || ec == std::errc::broken_pipe)
      << ec.message();
}

// A peer that has gone without a word is noticed by the system, which is asked to.
GO_TEST(BadPeer, DeadPeersAreLookedFor) {
  auto [c, s] = pair();
  for (const conn* each : {&c, &s}) {
    EXPECT_EQ(option(*each, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(*each, IPPROTO_TCP, TCP_KEEPIDLE), 15);
    EXPECT_EQ(option(*each, IPPROTO_TCP, TCP_KEEPINTVL), 15);
    EXPECT_EQ(option(*each, IPPROTO_TCP, TCP_KEEPCNT), 9);
    EXPECT_EQ(option(*each, IPPROTO_TCP, TCP_NODELAY), 1);
  }
}

// A peer that is stopped accepts and holds what its system holds; nobody here hangs.
GO_TEST(BadPeer, AStoppedPeer) {
  echo e;
  conn c = net::dial("tcp", e.where);
  c.write(bytes("are you there"));
  EXPECT_EQ(take(c, 13), "are you there");
  e.program.kill(SIGSTOP);
  while (testsupport::stateof(e.program.pid()) != 'T') sleep_for(1ms);
  c.write(bytes("and now?"));
  std::array<std::byte, 8> room{};
  std::error_code ec;
  c.set_read_deadline(steady_clock::now() + 20ms);
  EXPECT_EQ(c.read(room, ec), 0u);
  EXPECT_EQ(ec, errc::deadline_exceeded);
  conn unheard = net::dial("tcp", e.where);  // by its system
  set(unheard, SOL_SOCKET, SO_SNDBUF, 64 << 10);
  const std::string much(std::size_t{64} << 20, 'x');
  unheard.set_write_deadline(steady_clock::now() + 100ms);
  EXPECT_LT(unheard.write(bytes(much), ec), much.size());
  EXPECT_EQ(ec, errc::deadline_exceeded);
  unheard.close();
  // The user's own limit: the system gives up first.
  conn limited = net::dial("tcp", e.where);
  set(limited, IPPROTO_TCP, TCP_USER_TIMEOUT, 500);
  limited.write(bytes(much), ec);
  EXPECT_EQ(ec, std::errc::timed_out) << ec.message();
  EXPECT_NE(ec, errc::deadline_exceeded);
  limited.close();
  e.program.kill(SIGCONT);
  c.set_read_deadline({});
  EXPECT_EQ(take(c, 8), "and now?");
}

// lines answers each line; each is to come within the time given.
void lines(listener& l, std::chrono::milliseconds time) {
  wait_group wg;
  for (;;) {
    std::error_code ec;
    conn c = l.accept(ec);
    if (ec) break;
    wg.go([c = std::move(c), time]() mutable {
      net::buffered_reader r(c);
      try {
        for (;;) {
          c.set_read_deadline(steady_clock::now() + time);
          auto line = r.read_line();
          if (!line) return;
          c.write(bytes(*line + "!\n"));
        }
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), errc::deadline_exceeded);
      }
    });
  }
  wg.wait();
}

GO_TEST(BadPeer, AByteAtATime) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  auto served = async([&l] { lines(l, 300ms); });
  wait_group slow;
  for (int i = 0; i < 20; ++i)
    slow.go([&l] {
      conn c = net::dial("tcp", l.address());
      std::error_code ec;
      int sent = 0;
      for (; !ec && sent < 100'000; ++sent) {
        c.write(bytes("x"), ec);
        sleep_for(10ms);
      }
      EXPECT_LT(sent, 100'000);  // cut off
    });
  for (int i = 0; i < 20; ++i) {
    conn c = net::dial("tcp", l.address());  // anew: this machine may be slow
    c.write(bytes("quick\n"));
    EXPECT_EQ(take(c, 7), "quick!\n");
  }
  slow.wait();
  l.close();
  served.get();
}

GO_TEST(BadPeer, OneThatNeverReads) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  constexpr int kClients = 10;
  auto ends = make_chan<std::error_code>(kClients + 1);
  auto served = async([&] {
    wait_group wg;
    for (int i = 0; i < kClients + 1; ++i)
      wg.go([c = l.accept(), ends]() mutable {
        const std::string much(1 << 20, 'x');
        std::error_code ec;
        for (int k = 0; k < 64 && !ec; ++k) {
          c.set_write_deadline(steady_clock::now() + 1s);
          c.write(bytes(much), ec);
        }
        ends.send(ec);
      });
    wg.wait();
  });
  std::vector<conn> deaf;
  for (int i = 0; i < kClients; ++i) {
    deaf.push_back(net::dial("tcp", l.address()));
    set(deaf.back(), SOL_SOCKET, SO_RCVBUF, 64 << 10);
  }
  conn good = net::dial("tcp", l.address());
  std::vector<std::byte> room(1 << 20);
  std::size_t got = 0;
  while (const std::size_t n = good.read(room)) got += n;
  EXPECT_EQ(got, std::size_t{64} << 20);
  int cut = 0;
  for (int i = 0; i < kClients + 1; ++i)
    cut += *ends.recv() == errc::deadline_exceeded ? 1 : 0;
  EXPECT_EQ(cut, kClients);
  served.get();
}

// ---- Very many ----

// How many connections, both ends ours, the limits allow; up to `want`.
long affordable(long want) {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  const auto need = static_cast<rlim_t>(2 * want + 200);
  const rlimit more{need, std::max(need, now.rlim_max)};
  if (now.rlim_cur < need && ::setrlimit(RLIMIT_NOFILE, &more) != 0) {
    const rlimit most{now.rlim_max, now.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &most);
  }
  ::getrlimit(RLIMIT_NOFILE, &now);
  return std::min(want, (static_cast<long>(now.rlim_cur) - 200) / 2);
}

void manyidle(long n) {
  const long descriptors = testsupport::descriptors();
  const long threads = testsupport::threads();
  {
    std::vector<listener> listeners;
    for (int i = 1; i <= 4; ++i)
      listeners.push_back(
          net::listen("tcp", "127.0.0." + std::to_string(i) + ":0"));
    for (listener& l : listeners)
      go([&l] {
        std::error_code ec;
        for (;;) {
          conn s = l.accept(ec);
          if (ec) return;
          go([s = std::move(s)]() mutable {
            std::array<std::byte, 64> room{};
            std::error_code end;
            while (const std::size_t k = s.read(room, end))
              s.write(std::span(room).first(k), end);
          });
        }
      });
    const long before = testsupport::residentkb();
    std::vector<conn> clients;
    for (long i = 0; i < n; ++i)
      clients.push_back(net::dial(
          "tcp", listeners[static_cast<std::size_t>(i) % 4].address()));
    for (int turn = 0; turn < 2; ++turn)  // the second time all have waited
      for (conn& c : clients) {
        c.write(bytes("ping"));
        ASSERT_EQ(take(c, 4), "ping");
      }
    const long each = (testsupport::residentkb() - before) * 1024 / n;
    std::printf("%ld idle connections, both ends: %ld bytes each\n", n, each);
    EXPECT_LT(each, 16 << 10);
    EXPECT_GE(num_goroutine(), n);
    for (listener& l : listeners) l.close();
  }
  testsupport::await_others();
  EXPECT_LE(testsupport::descriptors(), descriptors + 4);  // the poller's
  EXPECT_LE(testsupport::threads(), threads + 16);
}

TEST(BadPeerMany, TwentyThousandIdleConnections) {
  const long n = affordable(testsupport::kSanitizer ? 1000 : 20'000);
  if (n < 1000) GTEST_SKIP() << "the limit on descriptors is too low";
  run([=] { manyidle(n); }, {.maxprocs = 2});
}

}  // namespace
}  // namespace burrow
