// tests/httpd_test.cc - the example httpd: HTTP as it should be, and a quiet end.

#include <sys/socket.h>

#include <csignal>
#include <string>

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

GO_TEST(Httpd, ConnectionsAreKeptAlive) {
  httpd_server s;
  http_client c(s);
  for (int i = 0; i < 3; ++i) {
    const http_answer a = c.ask(get(i == 0 ? "/" : "/plaintext"));
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "Hello, World!");
    EXPECT_EQ(a.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(a.field("Date").size(), 29u);
  }
  const http_answer last = c.ask(get("/", "Connection: close\r\n"));
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_EQ(c.rest(), "");
  EXPECT_EQ(s.stop().exit_code, 0);
  EXPECT_EQ(s.errors(), "");
}

GO_TEST(Httpd, Http10EndsUnlessItAsksToStay) {
  httpd_server s;
  http_client c(s);
  const http_answer a =
      c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(a.field("Connection"), "keep-alive");
  EXPECT_EQ(c.ask("GET / HTTP/1.0\r\n\r\n").body, "Hello, World!");
  EXPECT_EQ(c.rest(), "");
}

GO_TEST(Httpd, PipelinedRequestsAreAnsweredInOrder) {
  temp_folder f;
  f.write("a", "aaa");
  f.write("b", std::string(100'000, 'b'));
  httpd_server s({}, f.path());
  http_client c(s);
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += get("/a") + get("/plaintext") +
           "HEAD /b HTTP/1.1\r\nHost: a\r\n\r\n" + get("/b");
  wait_group w;
  w.go([&] { c.say(all); });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(c.hear().body, "aaa");
    EXPECT_EQ(c.hear().body, "Hello, World!");
    EXPECT_EQ(c.hear(true).field("Content-Length"), "100000");
    EXPECT_EQ(c.hear().body, std::string(100'000, 'b'));
  }
  w.wait();
}

GO_TEST(Httpd, AChunkedBodyComesBackInChunksAsItComes) {
  httpd_server s;
  http_client c(s);
  c.say("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string sent;
  wait_group w;
  w.go([&] {
    for (std::size_t n = 1; n < 20'000; n = n * 3 + 1) {
      const std::string piece(n, static_cast<char>('a' + n % 26));
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", n);
      c.say(size + piece);
      yield();
      c.say("\r\n");
      sent += piece;
    }
    c.say("0\r\nTrailer: x\r\n\r\n" + get("/"));
  });
  const http_answer a = c.hear();
  w.wait();
  EXPECT_EQ(a.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(a.body, sent);
  EXPECT_EQ(c.hear().body, "Hello, World!");
}

GO_TEST(Httpd, ABodyIsAskedForWhereTheClientWaitsForThat) {
  httpd_server s;
  http_client c(s);
  const std::string head =
      " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
      "5\r\n\r\n";
  EXPECT_EQ(c.ask("POST /echo" + head).status, 100);
  EXPECT_EQ(c.ask("hello").body, "hello");
  // Nobody wants this one, and the client cannot be known to withhold it.
  const http_answer a = c.ask("POST /plaintext" + head);
  EXPECT_EQ(a.status, 405);
  EXPECT_EQ(a.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(c.rest(), "");
}

GO_TEST(Httpd, FilesHaveTypesDatesAndRanges) {
  temp_folder f;
  f.write("index.html", "<p>index");
  f.write("data.json", "{}");
  f.write("blob", std::string(50'000, 'x') + "0123456789");
  std::filesystem::create_directory(f.path() / "sub");
  f.write("sub/index.html", "<p>sub");
  httpd_server s({}, f.path());
  http_client c(s);
  EXPECT_EQ(c.ask(get("/")).body, "<p>index");
  EXPECT_EQ(c.ask(get("/?a=b")).field("Content-Type"),
            "text/html; charset=utf-8");
  EXPECT_EQ(c.ask(get("/data.json")).field("Content-Type"), "application/json");
  EXPECT_EQ(c.ask(get("/sub")).field("Location"), "/sub/");
  EXPECT_EQ(c.ask(get("/sub/")).body, "<p>sub");
  EXPECT_EQ(c.ask(get("http://a/data.json")).body, "{}");

  const http_answer a = c.ask(get("/blob"));
  EXPECT_EQ(a.body.size(), 50'010u);
  const std::string date = a.field("Last-Modified");
  EXPECT_EQ(c.ask(get("/blob", "If-Modified-Since: " + date + "\r\n")).status,
            304);
  const std::string old = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  EXPECT_EQ(c.ask(get("/blob", "If-Modified-Since: " + old)).status, 200);

  http_answer part = c.ask(get("/blob", "Range: bytes=50002-50004\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.field("Content-Range"), "bytes 50002-50004/50010");
  EXPECT_EQ(c.ask(get("/blob", "Range: bytes=-2\r\n")).body, "89");
  EXPECT_EQ(c.ask(get("/blob", "Range: bytes=50008-\r\n")).body, "89");
  part = c.ask(get("/blob", "Range: bytes=50010-\r\n"));
  EXPECT_EQ(part.status, 416);
  EXPECT_EQ(part.field("Content-Range"), "bytes */50010");
  EXPECT_EQ(c.ask(get("/blob", "Range: bytes=0-1,3-4\r\n")).status, 200);
  EXPECT_EQ(c.ask(get("/blob", "Range: bytes=0-1\r\nIf-Range: " + old)).status,
            200);
  EXPECT_EQ(
      c.ask(get("/blob", "Range: bytes=0-1\r\nIf-Range: " + date + "\r\n"))
          .status,
      206);
}

GO_TEST(Httpd, NoPathLeadsOutOfTheFolder) {
  temp_folder f;
  f.write("secret", "outside");
  std::filesystem::create_directories(f.path() / "www/sub");
  f.write("www/a", "inside");
  f.write("www/.hidden", "hidden");
  std::filesystem::create_symlink("../secret", f.path() / "www/link");
  std::filesystem::create_symlink(f.path() / "secret", f.path() / "www/far");
  std::filesystem::create_symlink("..", f.path() / "www/up");
  std::filesystem::create_symlink("../a", f.path() / "www/sub/fine");
  httpd_server s({}, f.path() / "www");
  http_client c(s);
  EXPECT_EQ(c.ask(get("/sub/fine")).body, "inside");
  for (const char* path :
       {"/../secret", "/sub/../../secret", "/%2e%2e/secret", "/..%2fsecret",
        "/sub/%2E%2E/%2e%2e/secret", "/link", "/far", "/up/secret", "/.hidden",
        "/a%00", "/%zz", "/a/../a", "//../secret", "/%2fetc/passwd", "/up"}) {
    const http_answer a = c.ask(get(path));
    EXPECT_EQ(a.status, 404) << path;
    EXPECT_EQ(a.body, "404 Not Found\n") << path;
  }
}

// A request on its way is finished, a connection that rests is closed, nobody new
// is let in, and the server ends with 0.
GO_TEST(Httpd, SigtermFinishesWhatIsOnItsWay) {
  httpd_server s;
  http_client busy(s), idle(s);
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  busy.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  while (busy.socket.get() >= 0) {  // until its first half has come back
    char room[1];
    if (::recv(busy.socket.get(), room, 1, MSG_PEEK | MSG_DONTWAIT) == 1) break;
    sleep_for(1ms);
  }
  s.kill(SIGTERM);
  EXPECT_EQ(idle.rest(), "");
  std::error_code ec;
  net::conn late = net::dial("tcp", s.address(), ec);
  EXPECT_TRUE(ec);
  busy.say("world");
  EXPECT_EQ(busy.hear().body, "helloworld");
  const exec::process_state e = s.wait();
  EXPECT_EQ(e.exit_code, 0);
  EXPECT_EQ(s.errors(), "");
}

GO_TEST(Httpd, ShutdownCutsWhoTakesTooLong) {
  httpd_server s({"--shutdown-timeout=100"});
  http_client c(s);
  EXPECT_EQ(c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n"
                  "Expect: 100-continue\r\n\r\n")
                .status,
            100);
  EXPECT_EQ(s.stop(SIGINT).exit_code, 0);
  EXPECT_EQ(s.errors(), "httpd: 1 connections cut\n");
}

}  // namespace
}  // namespace burrow
