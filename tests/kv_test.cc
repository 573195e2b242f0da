// tests/kv_test.cc - the kv example, in this process, by raw connections.

#include "examples/kv/server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"
#include "tests/support/kvtest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::answers;
using testsupport::put;
using testsupport::request;
using testsupport::rest_of;
using testsupport::served;

struct exchange {
  const char* sent;
  const char* answered;
};

GO_TEST(Kv, EachCommandAnswersAsRedisDoes) {
  const served s;
  const exchange table[] = {
      {"PING\r\n", "+PONG\r\n"},
      {"ping hello\r\n", "$5\r\nhello\r\n"},
      {"ECHO \"a b\"\r\n", "$3\r\na b\r\n"},
      {"GET none\r\n", "$-1\r\n"},
      {"SET k v\r\nGET k\r\n", "+OK\r\n$1\r\nv\r\n"},
      {"SET k w NX\r\nSET none w XX\r\n", "$-1\r\n$-1\r\n"},
      {"SET k w GET\r\nSET k2 w GET\r\n", "$1\r\nv\r\n$-1\r\n"},
      {"SET k x NX GET\r\nGET k\r\n", "$1\r\nw\r\n$1\r\nw\r\n"},
      {"SET k x EX 100\r\nSET k x KEEPTTL\r\nTTL k\r\n",
       "+OK\r\n+OK\r\n:100\r\n"},
      {"PERSIST k\r\nPERSIST k\r\nTTL k\r\n", ":1\r\n:0\r\n:-1\r\n"},
      {"EXPIRE k 50\r\nTTL k\r\nSET k x\r\nTTL k\r\n",
       ":1\r\n:50\r\n+OK\r\n:-1\r\n"},
      {"EXPIRE none 5\r\nTTL none\r\nPTTL none\r\n", ":0\r\n:-2\r\n:-2\r\n"},
      {"EXPIRE k 900 XX\r\nEXPIRE k 900 NX\r\nEXPIRE k 800 GT\r\n"
       "EXPIRE k 800 LT\r\n",
       ":0\r\n:1\r\n:0\r\n:1\r\n"},
      {"EXPIRE k -1\r\nEXISTS k\r\n", ":1\r\n:0\r\n"},
      {"INCR n\r\nINCRBY n 41\r\nDECR n\r\nDECRBY n 1\r\nGET n\r\n",
       ":1\r\n:42\r\n:41\r\n:40\r\n$2\r\n40\r\n"},
      {"SET n 01\r\nINCR n\r\n",
       "+OK\r\n-ERR value is not an integer or out of range\r\n"},
      {"SET n 9223372036854775807\r\nINCR n\r\n",
       "+OK\r\n-ERR increment or decrement would overflow\r\n"},
      {"MSET a 1 b 2 c 3\r\nMGET a none c\r\n",
       "+OK\r\n*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n"},
      {"MSET a 1 b\r\n",
       "-ERR wrong number of arguments for 'mset' command\r\n"},
      {"EXISTS a a none\r\nDEL a b none\r\nEXISTS a\r\n", ":2\r\n:2\r\n:0\r\n"},
      {"SET k v EX 0\r\n", "-ERR invalid expire time in 'set' command\r\n"},
      {"SET k v EX\r\n", "-ERR syntax error\r\n"},
      {"SET k v NX XX\r\n", "-ERR syntax error\r\n"},
      {"GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n"},
      {"FLUSHALL\r\nDBSIZE\r\n", "+OK\r\n:0\r\n"},
      {"FROB a b\r\n",
       "-ERR unknown command 'FROB', with args beginning with: 'a' 'b' \r\n"},
      {"CONFIG GET save\r\n", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"},
      {"CONFIG FROB\r\n",
       "-ERR unknown subcommand 'FROB'. Try CONFIG HELP.\r\n"},
      {"HELLO 3\r\n", "-NOPROTO unsupported protocol version\r\n"},
      {"CLIENT SETNAME me\r\nCLIENT GETNAME\r\n", "+OK\r\n$2\r\nme\r\n"},
      {"SELECT 0\r\nSELECT 1\r\n", "+OK\r\n-ERR DB index is out of range\r\n"},
      {"QUIT\r\nPING\r\n", "+OK\r\n"},
  };
  for (const exchange& e : table)
    EXPECT_EQ(answers(s.where(), e.sent), e.answered) << e.sent;
}

GO_TEST(Kv, MalformedInputIsToldAndClosed) {
  const served s;
  const std::string lines[][2] = {
      {"*x\r\n", "invalid multibulk length"},
      {"*1048577\r\n", "invalid multibulk length"},
      {"*99999999999999999999\r\n", "invalid multibulk length"},
      {"*1\r\n+4\r\n", "expected '$', got '+'"},
      {"*1\r\n\r\n", "expected '$', got ' '"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
      {"ping \"a\r\n", "unbalanced quotes in request"},
      {"ping \"a\"b\r\n", "unbalanced quotes in request"},
      {std::string(70'000, 'a'), "too big inline request"},
      {"*" + std::string(70'000, '1'), "too big mbulk count string"},
      {"*1\r\n$" + std::string(70'000, '1'), "too big bulk count string"},
  };
  for (const auto& [bad, error] : lines)
    EXPECT_EQ(answers(s.where(), "PING\r\n" + bad + "PING\r\n"),
              "+PONG\r\n-ERR Protocol error: " + error + "\r\n")
        << bad.substr(0, 40);
}

// What is announced costs nothing: a hundred clients promise 512 MB each.
GO_TEST(Kv, ABulkThatDoesNotComeTakesNoMemory) {
  const served s;
  struct rusage before {
  }, after{};
  ::getrusage(RUSAGE_SELF, &before);
  std::vector<net::conn> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(net::dial("tcp", s.where()));
    put(clients.back(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc");
  }
  EXPECT_EQ(answers(s.where(), "PING\r\n"), "+PONG\r\n");
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 200 << 10) << "KB";
}

GO_TEST(Kv, ALongPipelineIsAnsweredInOrder) {
  const served s;
  constexpr int kRequests = 10'000;
  std::string sent, want;
  for (int i = 0; i < kRequests; ++i) {
    sent += request({"INCR", "n"});
    want += ":" + std::to_string(i + 1) + "\r\n";
  }
  EXPECT_EQ(answers(s.where(), sent), want);
}

GO_TEST(Kv, RequestsMayBeSplitAnywhere) {
  const served s;
  const std::string sent = request({"SET", "k", "a\r\nb"}) + "PING 'x y'\r\n" +
                           request({"GET", "k"}) + request({}) +
                           request({"ECHO", ""});
  const std::string want = "+OK\r\n$3\r\nx y\r\n$4\r\na\r\nb\r\n$0\r\n\r\n";
  for (std::size_t cut = 1; cut < sent.size(); ++cut) {
    net::conn c = net::dial("tcp", s.where());
    put(c, sent.substr(0, cut));
    for (int i = 0; i < 5; ++i) yield();
    put(c, sent.substr(cut));
    c.close_write();
    EXPECT_EQ(rest_of(c), want) << "cut at " << cut;
  }
  net::conn c = net::dial("tcp", s.where());
  for (const char byte : sent) put(c, {&byte, 1});
  c.close_write();
  EXPECT_EQ(rest_of(c), want);
}

GO_TEST(Kv, ALargeValueGoesInAndOut) {
  const served s;
  std::string value(5'000'000, 'x');
  for (std::size_t i = 0; i < value.size(); i += 1000) value[i] = '\n';
  EXPECT_EQ(
      answers(s.where(), request({"SET", "k", value}) + request({"GET", "k"})),
      "+OK\r\n$5000000\r\n" + value + "\r\n");
}

GO_TEST(Kv, KeysExpireForThoseWhoLookAndForThoseWhoDoNot) {
  served s;
  EXPECT_EQ(answers(s.where(), "SET a 1 PX 20\r\nSET b 1 PX 20\r\nSET c 1\r\n"),
            "+OK\r\n+OK\r\n+OK\r\n");
  sleep_for(25ms);
  EXPECT_EQ(answers(s.where(), "GET a\r\nPTTL a\r\n"), "$-1\r\n:-2\r\n");
  while (s->db().size() != 1) sleep_for(10ms);  // nobody looks for b
  EXPECT_EQ(s->db().expiring(), 0u);
  EXPECT_EQ(answers(s.where(), "EXISTS a b c\r\nSET a 2 NX\r\n"),
            ":1\r\n+OK\r\n");
}

GO_TEST(Kv, FiftyGoroutinesCountTogether) {
  const served s;
  constexpr int kClients = 50, kEach = 100;
  wait_group wg;
  for (int i = 0; i < kClients; ++i)
    wg.go([&] {
      net::conn c = net::dial("tcp", s.where());
      net::buffered_reader r(c);
      for (int n = 0; n < kEach; ++n) {
        put(c, "INCR n\r\nMSET a x b x c x\r\nMGET a b c\r\n");
        for (int lines = 0; lines < 9; ++lines) ASSERT_TRUE(r.read_line());
      }
    });
  wg.wait();
  EXPECT_EQ(answers(s.where(), "GET n\r\n"), "$4\r\n5000\r\n");
}

// Commands of several keys are atomic: whoever reads both sees both of one MSET.
GO_TEST(Kv, MsetIsAtomic) {
  const served s;
  std::atomic<bool> stop{false};
  wait_group wg;
  for (const std::string v : {"1", "2"})
    wg.go([&, v] {
      net::conn c = net::dial("tcp", s.where());
      net::buffered_reader r(c);
      while (!stop.load()) {
        put(c, request({"MSET", "p", v, "q", v}));
        r.read_line();
      }
    });
  net::conn c = net::dial("tcp", s.where());
  net::buffered_reader r(c);
  put(c, "MSET p 1 q 1\r\n");
  r.read_line();
  for (int i = 0; i < 500; ++i) {
    put(c, "MGET q p\r\n");
    const std::string all = r.read_exact(18);
    EXPECT_EQ(all.substr(4, 7), all.substr(11, 7)) << all;
  }
  stop.store(true);
  wg.wait();
}

// One that asks without end and never reads is cut; the others do not notice.
GO_TEST(Kv, ASlowReaderIsCut) {
  served s({.write_timeout = 100ms});
  EXPECT_EQ(
      answers(s.where(), request({"SET", "k", std::string(100'000, 'x')})),
      "+OK\r\n");
  net::conn slow = net::dial("tcp", s.where());
  std::error_code ec;
  std::string gets;
  for (int i = 0; i < 100; ++i) gets += request({"GET", "k"});
  while (!ec) slow.write(std::as_bytes(std::span(gets)), ec);
  while (s->stats().clients > 0) sleep_for(1ms);
  EXPECT_EQ(answers(s.where(), "PING\r\n"), "+PONG\r\n");
}

GO_TEST(Kv, TooManyClientsAreTold) {
  served s({.clients = 2});
  net::conn a = net::dial("tcp", s.where()), b = net::dial("tcp", s.where());
  while (s->stats().clients < 2) yield();
  EXPECT_EQ(answers(s.where(), ""), "-ERR max number of clients reached\r\n");
  b.close();
  while (s->stats().clients > 1) sleep_for(1ms);
  EXPECT_EQ(answers(s.where(), "PING\r\n"), "+PONG\r\n");
}

// Without descriptors accept fails, and goes on when there are some again.
GO_TEST(Kv, AcceptRecoversFromTooManyOpenFiles) {
  const served s;
  net::conn waiting = net::dial("tcp", s.where());  // before it is too late
  struct rlimit old {};
  ::getrlimit(RLIMIT_NOFILE, &old);
  EXPECT_EQ(answers(s.where(), "PING\r\n"), "+PONG\r\n");
  const int next = ::socket(AF_INET, SOCK_STREAM, 0);
  const struct rlimit none {
    static_cast<rlim_t>(next + 1), old.rlim_max
  };
  ::setrlimit(RLIMIT_NOFILE, &none);  // the socket is the last
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(
      std::stoi(s.where().substr(s.where().rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(blocking([&] {
              return ::connect(next, reinterpret_cast<const sockaddr*>(&to),
                               sizeof to);
            }),
            0);
  sleep_for(30ms);
  ::setrlimit(RLIMIT_NOFILE, &old);
  fd late(next);
  late.write(std::as_bytes(std::span("PING\r\n", 6)));
  net::buffered_reader r(late);
  EXPECT_EQ(r.read_line(), "+PONG");
}

GO_TEST(Kv, StopAnswersWhatHasBeenReadAndEnds) {
  auto s = std::make_unique<served>();
  net::conn idle = net::dial("tcp", s->where());
  net::conn c = net::dial("tcp", s->where());
  put(c, "SET k v\r\nSHUTDOWN\r\n");
  EXPECT_EQ(rest_of(c), "+OK\r\n");
  EXPECT_EQ(rest_of(idle), "");
  const std::string where = s->where();
  s.reset();
  EXPECT_THROW(net::dial("tcp", where), std::system_error);
}

// Peers that vanish in the middle of anything, with a reset, leave nothing.
GO_TEST(Kv, ResetsAreQuiet) {
  served s;
  for (int i = 0; i < 100; ++i) {
    net::conn c = net::dial("tcp", s.where());
    put(c, "SET k v\r\n*2\r\n$3\r\nGET\r\n$1000\r\nab");
    const linger now{1, 0};
    ::setsockopt(c.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  while (s->stats().clients > 0) sleep_for(1ms);
  EXPECT_EQ(answers(s.where(), "PING\r\n"), "+PONG\r\n");
}

}  // namespace
}  // namespace burrow
