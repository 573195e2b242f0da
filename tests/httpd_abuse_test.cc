// tests/httpd_abuse_test.cc - the example httpd and clients that mean it no good.

#include <sys/socket.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/httpdtest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::get;
using testsupport::http_answer;
using testsupport::http_client;
using testsupport::httpd_server;
using testsupport::temp_folder;

// still serves: whatever has happened, the next one is served.
void still_serves(const httpd_server& s) {
  http_client c(s);
  EXPECT_EQ(c.ask(get("/plaintext")).body, "Hello, World!");
}

GO_TEST(HttpdAbuse, WhatIsNoRequestIsRefusedAndTheConnectionEnds) {
  const struct {
    int status;
    std::string text;
  } kCases[] = {
      {400, std::string("\x16\x03\x01\x02\x00\x01\xfc", 7)},  // TLS
      {400, "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, get("/", "Host: b\r\n")},
      {400, get("/", "no colon\r\n")},
      {400, get("/", "Space : x\r\n")},
      {400, get("/", std::string("Nul: \0\r\n", 8))},
      {400, "GET / HTTP/1.1\nHost: a\n\n"},
      {400, get("/#here")},
      {400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"},
      {400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n"},
      {400,
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
       "Content-Length: 2\r\n\r\n"},
      {400,
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400,
       "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {400,
       "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
       "\r\nxyz\r\n"},
      {413,
       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"},
      {413,
       "POST /plaintext HTTP/1.1\r\nHost: a\r\n"
       "Content-Length: 99999999999\r\n\r\n"},
      {417, get("/", "Expect: tea\r\n")},
      {431, get("/", "Long: " + std::string(9000, 'x') + "\r\n")},
      {431, get("/" + std::string(9000, 'x'))},
      {501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {505, "GET / HTTP/7.3\r\nHost: a\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
  };
  httpd_server s;
  for (const auto& k : kCases) {
    http_client c(s);
    // What follows must not be taken for a request.
    c.say(k.text);
    c.socket.close_write();
    const http_answer a = c.hear();
    EXPECT_EQ(a.status, k.status) << k.text.substr(0, 100);
    EXPECT_EQ(a.field("Connection"), "close") << k.text.substr(0, 100);
    EXPECT_EQ(c.rest(), "") << k.text.substr(0, 100);
  }
  http_client c(s);  // methods that exist, but not here: nothing is wrong
  EXPECT_EQ(c.ask("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
  EXPECT_EQ(c.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
  EXPECT_EQ(c.ask(get("/")).status, 200);
  EXPECT_EQ(s.stop().exit_code, 0);
  EXPECT_EQ(s.errors(), "");
}

// dribble sends text a byte at a time until nobody listens any more.
void dribble(http_client& c, const std::string& text) {
  for (std::size_t i = 0; c.say({&text[i % text.size()], 1}); ++i)
    sleep_for(5ms);
}

GO_TEST(HttpdAbuse, ASlowHeadIsCut) {
  httpd_server s({"--header-timeout=150"});
  wait_group w;
  for (int i = 0; i < 20; ++i)
    w.go([&] {
      http_client c(s);
      wait_group talk;
      talk.go(
          [&] { dribble(c, "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyy"); });
      EXPECT_EQ(c.hear().status, 408);
      EXPECT_EQ(c.rest(), "");
      talk.wait();
    });
  http_client silent(s);
  EXPECT_EQ(silent.rest(), "");  // it never said a word
  still_serves(s);
  w.wait();
}

// The time of a head is its own, not since the body before.
GO_TEST(HttpdAbuse, ARestAfterABodyDoesNotCutTheNextHead) {
  httpd_server s({"--header-timeout=150"});
  http_client c(s);
  c.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  sleep_for(20ms);
  EXPECT_EQ(c.ask("abc").body, "abc");
  sleep_for(200ms);
  c.say("GET /plaintext HTTP/1.1\r\n");
  sleep_for(20ms);
  EXPECT_EQ(c.ask("Host: a\r\n\r\n").status, 200);
}

// Requests that come together fill the room, up to a body's first byte.
GO_TEST(HttpdAbuse, ABodyAfterRequestsThatFillTheRoom) {
  constexpr std::size_t kRoom = 12 << 10;
  httpd_server s;
  for (const std::size_t left : {0, 1, 2}) {
    http_client c(s);
    const std::string post =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    const std::string first =
        get("/plaintext", "A: " + std::string(6000, 'x') + "\r\n");
    const std::size_t pad = kRoom - left - post.size() - first.size() -
                            get("/plaintext", "A: \r\n").size();
    c.say(first + get("/plaintext", "A: " + std::string(pad, 'y') + "\r\n") +
          post);
    EXPECT_EQ(c.hear().status, 200);
    EXPECT_EQ(c.hear().status, 200);
    c.say("12345");
    const http_answer a = c.hear();
    EXPECT_EQ(a.status, 200) << left;
    EXPECT_EQ(a.body, "12345") << left;
  }
}

GO_TEST(HttpdAbuse, ASlowBodyIsCut) {
  httpd_server s({"--body-timeout=150", "--body-rate=100000"});
  http_client c(s);
  c.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  wait_group talk;
  talk.go([&] { dribble(c, "x"); });
  EXPECT_EQ(c.hear().status, -1);  // begun, and not ended
  talk.wait();
  http_client mute(s);
  EXPECT_EQ(
      mute.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
          .status,
      408);
  still_serves(s);
}

GO_TEST(HttpdAbuse, AConnectionThatRestsTooLongIsClosed) {
  httpd_server s({"--idle-timeout=100"});
  http_client c(s);
  EXPECT_EQ(c.ask(get("/")).status, 200);
  EXPECT_EQ(c.rest(), "");
  still_serves(s);
}

// More than the kernel's buffers hold, for somebody who does not read.
GO_TEST(HttpdAbuse, AClientThatNeverReadsIsCut) {
  temp_folder f;
  f.write("big", "");
  std::filesystem::resize_file(f.path() / "big", 64 << 20);
  httpd_server s({"--write-timeout=200", "--max-connections=1"}, f.path());
  http_client deaf(s);
  const int small = 4096;
  setsockopt(deaf.socket.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  deaf.say(get("/big"));
  still_serves(s);  // the only place has become free
}

GO_TEST(HttpdAbuse, ConnectionsBeyondTheLimitWait) {
  httpd_server s({"--max-connections=2"});
  auto a = std::make_unique<http_client>(s),
       b = std::make_unique<http_client>(s);
  EXPECT_EQ(a->ask(get("/")).status, 200);
  EXPECT_EQ(b->ask(get("/")).status, 200);
  http_client third(s);
  third.say(get("/"));
  third.socket.set_read_deadline(std::chrono::steady_clock::now() + 50ms);
  EXPECT_EQ(third.hear().status, -1);
  third.socket.set_read_deadline({});
  a.reset();
  EXPECT_EQ(third.hear().status, 200);
}

// Without a free descriptor the server waits, says so each time that begins, and
// goes on.
GO_TEST(HttpdAbuse, TooManyOpenFilesPass) {
  httpd_server s({}, "", 24);
  {
    std::vector<net::conn> crowd;
    for (int i = 0; i < 40; ++i) crowd.push_back(s.dial());
    sleep_for(300ms);
  }
  still_serves(s);
  const exec::process_state e = s.stop();
  EXPECT_EQ(e.exit_code, 0);
  const std::string line = "httpd: accept: Too many open files\n";
  EXPECT_TRUE(s.errors().starts_with(line));
  EXPECT_LT(s.errors().size(), 20 * line.size());
  EXPECT_LT(e.rusage.ru_stime.tv_sec + e.rusage.ru_utime.tv_sec, 5);
}

GO_TEST(HttpdAbuse, ResetsAreQuiet) {
  temp_folder f;
  f.write("big", std::string(1 << 20, 'b'));
  httpd_server s({}, f.path());
  wait_group w;
  for (int i = 0; i < 50; ++i)
    w.go([&, i] {
      http_client c(s);
      c.say(i % 3 == 0 ? get("/big") : i % 3 == 1 ? "GET / HT" : get("/"));
      if (i % 2 == 0) yield();
      const linger hard{1, 0};
      setsockopt(c.socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    });
  w.wait();
  still_serves(s);
  EXPECT_EQ(s.stop().exit_code, 0);
  EXPECT_EQ(s.errors(), "");
}

}  // namespace
}  // namespace burrow
