// tests/httpd_clients_test.cc - the example httpd and clients that others have
// written: curl, wrk, ab, Chromium. Skipped where they are not installed.

#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/httpdtest.h"
#include "tests/support/sanitizer.h"

namespace burrow {
namespace {

using testsupport::httpd_server;
using testsupport::temp_folder;

bool installed(const char* program) {
  return exec::command{"sh", "-c", std::string("command -v ") + program}
      .run()
      .success();
}

#define BURROW_NEEDS(program) \
  if (!installed(program)) GTEST_SKIP() << program " is not installed"

// outcome is what a program says, and how it ends.
struct outcome {
  std::string out;
  int code;
};
outcome run_client(std::vector<std::string> argv) {
  exec::command c(std::move(argv));
  outcome o;
  o.out = c.output();
  o.code = c.state().exit_code;
  return o;
}

GO_TEST(HttpdClients, CurlUsesOneConnectionForAll) {
  BURROW_NEEDS("curl");
  httpd_server s;
  const outcome o =
      run_client({"curl", "-s", "-w", "%{http_code} %{num_connects}\n",
                  s.url("/"), s.url("/plaintext"), s.url("/nothing")});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out,
            "Hello, World!200 1\nHello, World!200 0\n404 Not Found\n404 0\n");
}

GO_TEST(HttpdClients, CurlUploadsInChunks) {
  BURROW_NEEDS("curl");
  temp_folder f;
  std::string text;
  for (int i = 0; text.size() < 900'000; ++i) text += std::to_string(i) + " ";
  f.write("up", text);
  httpd_server s;
  const outcome o = run_client({"curl", "-s", "--fail", "-X", "POST", "-H",
                                "Transfer-Encoding: chunked", "-T",
                                f.path() / "up", s.url("/echo")});
  EXPECT_EQ(o.code, 0);
  EXPECT_TRUE(o.out == text);
  // With a length, and "Expect: 100-continue", as curl sends it for 1 MiB.
  const outcome p = run_client(
      {"curl", "-s", "--fail", "-H", "Expect: 100-continue", "--data-binary",
       "@" + (f.path() / "up").string(), s.url("/echo")});
  EXPECT_EQ(p.code, 0);
  EXPECT_TRUE(p.out == text);
  const outcome tiny = run_client({"curl", "-s", "-o", "/dev/null", "-w",
                                   "%{http_code}", "-d", "x", s.url("/")});
  EXPECT_EQ(tiny.out, "405");
}

GO_TEST(HttpdClients, CurlGetsFilesPartsAndHeads) {
  BURROW_NEEDS("curl");
  temp_folder f;
  std::string text(3'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(i * 31 >> 4);
  f.write("blob", text);
  httpd_server s({}, f.path());
  EXPECT_TRUE(run_client({"curl", "-s", s.url("/blob")}).out == text);
  EXPECT_TRUE(
      run_client({"curl", "-s", "-r", "1000000-2999998", s.url("/blob")}).out ==
      text.substr(1'000'000, 1'999'999));
  const std::string head =
      run_client({"curl", "-s", "--head", s.url("/blob")}).out;
  EXPECT_NE(head.find("Content-Length: 3000000\r\n"), head.npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  const std::string date = run_client({"date", "-u", "-R"}).out;
  EXPECT_EQ(run_client({"curl", "-s", "-w", "%{http_code}", "-z",
                        date.substr(0, date.size() - 1), s.url("/blob")})
                .out,
            "304");
}

GO_TEST(HttpdClients, WrkSeesNoError) {
  BURROW_NEEDS("wrk");
  httpd_server s;
  const outcome o = run_client(
      {"wrk", "-t1", "-c64", "-d1s", "--timeout", "60s", s.url("/plaintext")});
  EXPECT_EQ(o.code, 0);
  EXPECT_NE(o.out.find("Requests/sec"), o.out.npos) << o.out;
  EXPECT_EQ(o.out.find("Socket errors"), o.out.npos) << o.out;
  EXPECT_EQ(o.out.find("Non-2xx"), o.out.npos) << o.out;
  EXPECT_EQ(s.stop().exit_code, 0);
  EXPECT_EQ(s.errors(), "");
}

GO_TEST(HttpdClients, AbSeesNoError) {
  BURROW_NEEDS("ab");
  httpd_server s;
  for (const char* keep : {"-k", "-q"}) {  // -q: without keep-alive
    const outcome o = run_client(
        {"ab", "-q", keep, "-c", "20", "-n", "2000", s.url("/plaintext")});
    EXPECT_EQ(o.code, 0);
    EXPECT_NE(o.out.find("Complete requests:      2000\n"), o.out.npos)
        << o.out;
    EXPECT_NE(o.out.find("Failed requests:        0\n"), o.out.npos) << o.out;
  }
}

// The page in a real browser: all of it arrives, the script has run without a
// complaint, and nothing outside is asked for.
GO_TEST(HttpdClients, ChromiumShowsTheScheduler) {
  BURROW_NEEDS("chromium");
  temp_folder profile;
  httpd_server s;
  // Rates are counted from an earlier look, and the browser's clock runs ahead.
  testsupport::http_client(s).ask(testsupport::get("/debug/burrow/figures"));
  sleep_for(std::chrono::milliseconds(600));
  const outcome o = run_client(
      {"timeout", "300", "chromium", "--headless", "--no-sandbox",
       "--disable-gpu", "--disable-quic", "--no-first-run",
       "--disable-background-networking", "--disable-component-update",
       "--disable-sync", "--user-data-dir=" + profile.path().string(),
       "--virtual-time-budget=3500", "--dump-dom", s.url("/debug/burrow")});
  EXPECT_EQ(o.code, 0);
  for (const char* part :
       {"burrow: the scheduler", "<td>goroutines</td>", "<td>Ms</td>",
        "<td>Ps</td>", "goroutine ", "[running]", "</html>"})
    EXPECT_NE(o.out.find(part), o.out.npos) << part << "\n" << o.out;
  // The figures have rates.
  EXPECT_NE(o.out.find("/s</td>"), o.out.npos) << o.out;
  EXPECT_EQ(s.stop().exit_code, 0);
}

}  // namespace
}  // namespace burrow
