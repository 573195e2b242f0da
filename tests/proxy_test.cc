// tests/proxy_test.cc - examples/proxy between real clients and servers: half
// close, resets, a reader that does not read, a target that refuses.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/copytest.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/procself.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using net::conn;
using net::listener;
using std::chrono::steady_clock;
using testsupport::all;
using testsupport::bytes;
using testsupport::pattern;

// proxied is a proxy in front of a listener of ours.
struct proxied {
  listener target = net::listen("tcp", "127.0.0.1:0");
  exec::command program;
  fd err;
  std::string front;
  bool told = false;  // to end; a second time it would at once

  explicit proxied(const std::string& to = "")
      : program{testsupport::example_path("proxy"), "127.0.0.1:0",
                to.empty() ? target.address().string() : to},
        front(testsupport::startserver(program, err)) {}
  ~proxied() { EXPECT_EQ(stop().exit_code, 0); }
  proxied(const proxied&) = delete;
  proxied& operator=(const proxied&) = delete;

  exec::process_state stop() {
    if (!std::exchange(told, true)) program.kill(SIGINT);
    return program.wait();
  }

  // A connection through it: the client's side, the target's.
  std::pair<conn, conn> through() {
    conn c = net::dial("tcp", front);
    return {std::move(c), target.accept()};
  }
};

// 0: it has ended well; else the error of reading to the end.
std::error_code endof(fd& f) {
  std::array<std::byte, 65536> room{};
  std::error_code ec;
  while (f.read(room, ec) > 0) {
  }
  return ec;
}

TEST(ProxyExample, TriesItselfOut) {
  const auto r = testsupport::run_example("proxy");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "IS ANYBODY THERE?\nGOOD.\n");
  const auto bad =
      testsupport::run_example("proxy", {.args = {"x"}, .env = {}});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_TRUE(bad.err.starts_with("usage: ")) << bad.err;
  const auto worse = testsupport::run_example(
      "proxy", {.args = {"nonsense", "127.0.0.1:1"}, .env = {}});
  EXPECT_EQ(worse.exit_code, 1);
  EXPECT_TRUE(worse.err.starts_with("proxy: nonsense: ")) << worse.err;
}

GO_TEST(Proxy, TheClientHasSpoken) {
  proxied p;
  auto [client, server] = p.through();
  client.write(bytes(pattern(1 << 20).substr(0, 300'000)));
  client.close_write();
  EXPECT_TRUE(all(server) == pattern(300'000));
  // The other way is open still.
  server.write(bytes("answer"));
  std::array<std::byte, 6> room{};
  EXPECT_EQ(client.read(room), 6u);
  server.write(bytes("more"));
  server.close();
  EXPECT_EQ(all(client), "more");
}

GO_TEST(Proxy, TheServerHasSpoken) {
  proxied p;
  auto [client, server] = p.through();
  server.write(bytes("banner"));
  server.close_write();
  EXPECT_EQ(all(client), "banner");
  for (int i = 0; i < 10; ++i) {
    client.write(bytes("question"));
    net::buffered_reader r(server, 16);
    EXPECT_EQ(r.read_exact(8), "question");
  }
  client.close();
  EXPECT_EQ(all(server), "");
}

void reset(conn& c) {
  const linger now{1, 0};
  ::setsockopt(c.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  c.close();
}

GO_TEST(Proxy, AResetOfOneSideReachesTheOther) {
  proxied p;
  for (const bool byclient : {true, false}) {
    auto [client, server] = p.through();
    client.write(bytes("hello"));
    net::buffered_reader r(server);
    EXPECT_EQ(r.read_exact(5), "hello");
    reset(byclient ? client : server);
    EXPECT_EQ(endof(byclient ? server : client), std::errc::connection_reset)
        << (byclient ? "by the client" : "by the server");
  }
}

GO_TEST(Proxy, ATargetThatRefuses) {
  const testsupport::refusing nobody;
  proxied p(nobody.address());
  for (int i = 0; i < 3; ++i) {
    std::error_code ec;  // the reset may come while the connect is on its way
    conn client = net::dial("tcp", p.front, ec);
    if (!ec) ec = endof(client);
    EXPECT_EQ(ec, std::errc::connection_reset);
    net::buffered_reader lines(p.err);
    const std::string line = lines.read_line().value_or("");
    EXPECT_TRUE(
        line.starts_with("proxy: " + nobody.address() + ": Connection refused"))
        << line;
  }
}

// Each of its connections would make another.
GO_TEST(Proxy, ATargetThatIsItself) {
  // None that the system gives to those who ask for any, unless it has been told to.
  const std::string port = std::to_string(20'000 + ::getpid() % 10'000);
  for (const std::string host : {"127.0.0.1:", "0.0.0.0:"})
    for (const std::string to : {"127.0.0.1:", "127.0.0.2:"}) {
      if (host == "127.0.0.1:" && host != to) continue;
      exec::command program{testsupport::example_path("proxy"), host + port,
                            to + port};
      fd err;
      testsupport::startserver(program, err);
      std::error_code ec;
      conn client = net::dial("tcp", "127.0.0.1:" + port, ec);
      if (!ec) ec = endof(client);
      EXPECT_EQ(ec, std::errc::connection_reset);
      EXPECT_EQ(all(err), "proxy: " + to + port + " is this proxy itself\n");
      EXPECT_EQ(program.wait().exit_code, 1);
    }
}

// Another address' port of that number is another port.
GO_TEST(Proxy, ATargetWithTheSamePort) {
  listener target = net::listen("tcp", "127.0.0.2:0");
  const std::string port = std::to_string(target.address().port());
  exec::command program{testsupport::example_path("proxy"), "127.0.0.1:" + port,
                        target.address()};
  fd err;
  const std::string front = testsupport::startserver(program, err);
  if (front == "use") GTEST_SKIP() << "the port is taken";
  conn client = net::dial("tcp", front);
  conn server = target.accept();
  client.write(bytes("hello"));
  client.close_write();
  EXPECT_EQ(all(server), "hello");
  server.close();
  client.close();
  program.kill(SIGINT);
  EXPECT_EQ(program.wait().exit_code, 0);
}

// A client that asks for everything and reads nothing: the server is stopped, and
// the proxy keeps what the system's buffers hold, none of it as its own memory.
GO_TEST(Proxy, WhoDoesNotReadStopsWhoSends) {
  proxied p;
  { auto warm = p.through(); }
  const std::string pid = std::to_string(p.program.pid());
  const long before = testsupport::residentkb(pid);
  constexpr int kConnections = 10;
  constexpr std::size_t kEach = std::size_t{64} << 20;
  std::vector<std::pair<conn, conn>> pairs;
  std::vector<future<std::size_t>> writes;
  for (int i = 0; i < kConnections; ++i) pairs.push_back(p.through());
  const std::string much(kEach, 'x');
  for (auto& [client, server] : pairs)
    writes.push_back(async([&much, &s = server] {
      std::error_code ec;
      s.set_write_deadline(steady_clock::now() + 1s);
      const std::size_t n = s.write(bytes(much), ec);
      EXPECT_EQ(ec, errc::deadline_exceeded);
      return n;
    }));
  for (auto& w : writes) EXPECT_LT(w.get(), kEach);
  const long after = testsupport::residentkb(pid);
  EXPECT_LT(after - before, 8 << 10) << before << " kB, then " << after;
  // All of it comes when it is asked for.
  pairs.front().second.close();
  EXPECT_FALSE(endof(pairs.front().first));
}

GO_TEST(Proxy, ConnectionsEndBeforeTheProgram) {
  proxied p;
  auto [client, server] = p.through();
  p.program.kill(SIGINT);
  p.told = true;
  // Nobody new is let in, those inside go on.
  for (int i = 0; i < 1000; ++i) {
    std::error_code ec;
    conn late = net::dial("tcp", p.front, ec);
    if (ec == std::errc::connection_refused) break;
    if (!ec) late.close();
    sleep_for(1ms);
  }
  p.target.close();
  client.write(bytes("still"));
  client.close_write();
  EXPECT_EQ(all(server), "still");
  server.write(bytes("here"));
  server.close();
  EXPECT_EQ(all(client), "here");
}

// curl through the proxy from a small server.
GO_TEST(Proxy, Curl) {
  if (::access("/usr/bin/curl", X_OK) != 0) GTEST_SKIP() << "no curl";
  proxied p;
  const std::string body = pattern(3 << 20);
  auto served = async([&] {
    for (int i = 0; i < 3; ++i) {
      conn c = p.target.accept();
      net::buffered_reader r(c);
      while (r.read_line().value_or("") != "") {
      }
      c.write(bytes("HTTP/1.0 200 OK\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body));
    }
  });
  for (int i = 0; i < 3; ++i) {
    exec::command curl{"curl", "-sS", "http://" + p.front + "/file"};
    EXPECT_TRUE(curl.output() == body);
    EXPECT_EQ(curl.state().exit_code, 0);
  }
  served.get();
}

}  // namespace
}  // namespace burrow
