// tests/net_test.cc - listening and dialling.

#include "burrow/net.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using net::conn;
using net::listener;
using std::chrono::steady_clock;
using testsupport::all;
using testsupport::bytes;

std::error_code codeof(void (*f)()) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

// echo serves until l is closed.
void echo(listener& l) {
  wait_group wg;
  std::error_code ec;
  while (true) {
    conn c = l.accept(ec);
    if (ec) break;
    wg.go([c = std::move(c)]() mutable {
      std::array<std::byte, 4096> room{};
      std::error_code end;
      while (const std::size_t n = c.read(room, end))
        c.write(std::span(room).first(n), end);
    });
  }
  EXPECT_EQ(ec, errc::closed);
  wg.wait();
}

void roundtrips(const std::string& network, const std::string& address) {
  listener l = net::listen(network, address);
  auto served = async([&l] { echo(l); });
  wait_group wg;
  for (int k = 0; k < 10; ++k)
    wg.go([&] {
      conn c = net::dial(network, l.address());
      EXPECT_EQ(c.remote_address(), l.address());
      for (int i = 0; i < 50; ++i) {
        const std::string text = "message " + std::to_string(i) + "\n";
        c.write(bytes(text));
        std::string got(text.size(), '\0');
        std::size_t n = 0;
        while (n < got.size())
          n += c.read(std::as_writable_bytes(std::span(got).subspan(n)));
        EXPECT_EQ(got, text);
      }
      c.close_write();
      EXPECT_EQ(all(c), "");
    });
  wg.wait();
  l.close();
  served.get();
}

GO_TEST(Net, RoundTripsByTcp) { roundtrips("tcp", "127.0.0.1:0"); }

GO_TEST(Net, RoundTripsByUnix) {
  roundtrips("unix", "@burrow-net-test-" + std::to_string(::getpid()));
}

GO_TEST(Net, AUnixPathGoesWithItsListener) {
  const std::string path = "/tmp/burrow-net-" + std::to_string(::getpid());
  {
    listener l = net::listen("unix", path);
    EXPECT_EQ(l.address().string(), path);
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
    conn c = net::dial("unix", path);
    conn s = l.accept();
    EXPECT_EQ(c.remote_address().string(), path);
    c.close_write();
    EXPECT_EQ(all(s), "");
  }
  EXPECT_EQ(::access(path.c_str(), F_OK), -1);
}

GO_TEST(Net, AddressesAndPorts) {
  listener l = net::listen("tcp4", "127.0.0.1:0");
  const int port = l.address().port();
  EXPECT_GT(port, 0);
  EXPECT_EQ(l.address().string(), "127.0.0.1:" + std::to_string(port));
  const std::string s = l.address();
  EXPECT_EQ(net::resolve_address("tcp", s), l.address());
  conn c = net::dial("tcp", "127.0.0.1:" + std::to_string(port));
  conn a = l.accept();
  EXPECT_EQ(c.local_address(), a.remote_address());
  EXPECT_EQ(a.local_address(), l.address());
  EXPECT_FALSE(a.local_address() == a.remote_address());
  EXPECT_EQ(net::address().string(), "");
  EXPECT_EQ(net::address().port(), 0);
  EXPECT_EQ(net::resolve_address("tcp6", "[::1]:80").string(), "[::1]:80");
  EXPECT_EQ(net::resolve_address("tcp", ":http").port(), 80);
  std::error_code ec;
  EXPECT_EQ(net::resolve_address("tcp", ":http", ec).port(), 80);
  EXPECT_FALSE(ec);
  EXPECT_EQ(net::resolve_address("tpc", ":http", ec), net::address());
  EXPECT_EQ(ec, std::errc::protocol_not_supported);
  l.set_deadline(std::chrono::steady_clock::now(), ec);
  EXPECT_FALSE(ec);
  l.accept(ec);
  EXPECT_EQ(ec, errc::deadline_exceeded);
}

GO_TEST(Net, ListeningWithoutAHostTakesIpv4AndIpv6) {
  listener l = net::listen("tcp", ":0");
  const std::string port = std::to_string(l.address().port());
  for (const char* host : {"127.0.0.1:", "[::1]:"}) {
    std::error_code ec;
    conn c = net::dial("tcp", host + port, ec);
    if (ec == std::errc::address_not_available) continue;  // no IPv6 here
    ASSERT_FALSE(ec) << ec.message();
    EXPECT_EQ(l.accept().remote_address(), c.local_address());
  }
}

GO_TEST(Net, HalfClose) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  auto served = async([&l] {
    conn s = l.accept();
    const std::string question = all(s);  // to its end
    s.write(bytes("answer to " + question));
  });
  conn c = net::dial("tcp", l.address());
  c.write(bytes("question"));
  c.close_write();
  EXPECT_EQ(all(c), "answer to question");
  std::error_code ec;
  c.write(bytes("more"), ec);
  EXPECT_EQ(ec, std::errc::broken_pipe);
  served.get();
}

// The end of the stream comes together with the last bytes.
GO_TEST(Net, DataAndEndAtOnce) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  for (int i = 0; i < 200; ++i) {
    conn c = net::dial("tcp", l.address());
    conn s = l.accept();
    if (i % 2 == 0) {
      c.write(bytes("last"));
      c.close();
      EXPECT_EQ(all(s), "last");
      continue;
    }
    auto got = async([&s] { return all(s); });
    if (i % 4 == 1) yield();
    c.write(bytes("last"));
    c.close();
    EXPECT_EQ(got.get(), "last");
  }
}

GO_TEST(Net, AMegabyteBothWays) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  auto served = async([&l] { echo(l); });
  conn c = net::dial("tcp", l.address());
  std::string sent(5 << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i)
    sent[i] = static_cast<char>(i * 31 / 7);
  wait_group wg;
  wg.go([&] {
    c.write(bytes(sent));
    c.close_write();
  });
  EXPECT_TRUE(all(c) == sent);
  wg.wait();
  l.close();
  served.get();
}

GO_TEST(Net, CloseEndsAccepts) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  wait_group wg;
  for (int i = 0; i < 5; ++i)
    wg.go([&] {
      std::error_code ec;
      l.accept(ec);
      EXPECT_EQ(ec, errc::closed);
    });
  testsupport::settle();
  sleep_for(1ms);
  l.close();
  wg.wait();
  EXPECT_THROW(l.accept(), std::system_error);
  EXPECT_THROW(l.close(), std::system_error);
}

GO_TEST(Net, DeadlineOfAnAccept) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  l.set_deadline(steady_clock::now() + 10ms);
  std::error_code ec;
  l.accept(ec);
  EXPECT_EQ(ec, errc::deadline_exceeded);
  l.set_deadline({});
  conn c = net::dial("tcp", l.address());
  l.accept();
}

GO_TEST(Net, ManyAcceptorsEachConnectionOnce) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  auto ports = make_chan<int>(100);
  for (int i = 0; i < 4; ++i)
    go([&l, ports] {
      std::error_code ec;
      for (;;) {
        conn c = l.accept(ec);
        if (ec) return;
        ports.send(c.remote_address().port());
      }
    });
  std::vector<conn> mine;
  long sum = 0;
  for (int i = 0; i < 100; ++i) {
    mine.push_back(net::dial("tcp", l.address()));
    sum += mine.back().local_address().port();
  }
  for (int i = 0; i < 100; ++i) sum -= *ports.recv();
  EXPECT_EQ(sum, 0);
  l.close();
  testsupport::await_others();
}

GO_TEST(Net, APeerThatResets) {
  listener l = net::listen("tcp", "127.0.0.1:0");
  conn c = net::dial("tcp", l.address());
  conn s = l.accept();
  auto got = async([&s] {
    std::array<std::byte, 10> room{};
    std::error_code ec;
    s.read(room, ec);
    return ec;
  });
  testsupport::settle();
  const linger now{1, 0};
  ::setsockopt(c.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  c.close();
  EXPECT_EQ(got.get(), std::errc::connection_reset);
}

GO_TEST(Dial, ErrorsNameTheOperationAndTheAddress) {
  const testsupport::refusing nobody;
  try {
    net::dial("tcp", nobody.address());
    ADD_FAILURE() << "nobody listens";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::connection_refused);
    EXPECT_TRUE(std::string(e.what()).starts_with("dial tcp " +
                                                  nobody.address() + ": "))
        << e.what();
  }
  listener l = net::listen("tcp", "127.0.0.1:0");
  conn c = net::dial("tcp", l.address());
  c.set_deadline(steady_clock::now());
  std::array<std::byte, 1> room{};
  try {
    c.read(room);
    ADD_FAILURE() << "the deadline has passed";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), errc::deadline_exceeded);
    const std::string what = e.what();
    EXPECT_TRUE(what.starts_with("read tcp " + c.local_address().string() +
                                 "->" + l.address().string() + ": "))
        << what;
  }
}

TEST(Dial, NobodyIsThereThoughThePortMayBeOurOwn) {
  SKIP_WITHOUT_PROGRAMS();
  const auto r = testsupport::run_prog("selfconnect");
  if (r.exit_code == 77) GTEST_SKIP() << "no network of its own to be had";
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "refused 100 others 0\n");
}

GO_TEST(Dial, BadInput) {
  using std::errc;
  EXPECT_EQ(codeof([] { net::dial("tcpx", "127.0.0.1:1"); }),
            errc::protocol_not_supported);
  for (const char* bad : {"127.0.0.1", "", "::1:80", "[::1", "[::1]80"}) {
    std::error_code ec;
    net::dial("tcp", bad, ec);
    EXPECT_EQ(ec, errc::invalid_argument) << bad;
    net::listen("tcp", bad, ec);
    EXPECT_EQ(ec, errc::invalid_argument) << bad;
  }
  EXPECT_EQ(codeof([] { net::listen("udp", "127.0.0.1:0"); }),
            errc::protocol_not_supported);
  EXPECT_EQ(codeof([] { net::listen_packet("tcp", "127.0.0.1:0"); }),
            errc::protocol_not_supported);
  std::error_code ec;
  net::listen("unix", std::string(200, 'x'), ec);
  EXPECT_EQ(ec, errc::filename_too_long);
  net::listen("unix", "", ec);
  EXPECT_EQ(ec, errc::invalid_argument);
  net::dial("tcp", "127.0.0.1:no-such-service", ec);
  EXPECT_EQ(&ec.category(), &net::resolver_category());
  EXPECT_NE(ec.message(), "");
  net::dial("tcp4", "[::1]:80", ec);
  EXPECT_TRUE(ec);
  net::listen("tcp", "127.0.0.1:99999", ec);
  EXPECT_TRUE(ec);
}

// An address that swallows packets: a backlog that is full answers no more.
GO_TEST(Dial, AContextEndsIt) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage a{};
  socklen_t len = sizeof a;
  a.ss_family = AF_INET;
  ASSERT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&a), 16), 0);
  ASSERT_EQ(::listen(s, 0), 0);
  ::getsockname(s, reinterpret_cast<sockaddr*>(&a), &len);
  const int port = (static_cast<unsigned char>(a.__ss_padding[0]) << 8) |
                   static_cast<unsigned char>(a.__ss_padding[1]);
  const std::string where = "127.0.0.1:" + std::to_string(port);
  std::vector<conn> held;
  bool ended = false;
  for (int i = 0; i < 10 && !ended; ++i) {
    auto [ctx, cancel] = with_timeout(background(), 20ms);
    std::error_code ec;
    held.push_back(net::dial(ctx, "tcp", where, ec));
    ended = ec == errc::deadline_exceeded;
    EXPECT_TRUE(!ec || ended) << ec.message();
    cancel();
  }
  EXPECT_TRUE(ended);
  auto [ctx, cancel] = with_cancel(background());
  cancel();
  std::error_code ec;
  net::dial(ctx, "tcp", where, ec);
  EXPECT_EQ(ec, errc::canceled);
  ::close(s);
}

// accept fails when there are no numbers left, and works when there are again.
TEST(NetLimits, NoDescriptorsLeft) {
  for (int procs : {1, 2, 8})
    run(
        [] {
          listener l = net::listen("tcp", "127.0.0.1:0");
          conn c = net::dial("tcp", l.address());
          rlimit old{};
          ::getrlimit(RLIMIT_NOFILE, &old);
          const int next = ::fcntl(0, F_DUPFD, 0);
          ::close(next);
          const rlimit none{static_cast<rlim_t>(next), old.rlim_max};
          ::setrlimit(RLIMIT_NOFILE, &none);
          std::error_code ec;
          l.accept(ec);
          EXPECT_EQ(ec, std::errc::too_many_files_open);
          net::dial("tcp", l.address(), ec);
          EXPECT_EQ(ec, std::errc::too_many_files_open);
          ::setrlimit(RLIMIT_NOFILE, &old);
          EXPECT_EQ(l.accept().remote_address(), c.local_address());
        },
        {.maxprocs = procs});
}

}  // namespace
}  // namespace burrow
