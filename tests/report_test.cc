// tests/report_test.cc - reports and dumps that begin at a bad moment: they end,
// in seconds, and say what can be said.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <string>

#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

using namespace std::chrono_literals;

namespace burrow {
namespace {

using testsupport::child_result;
using testsupport::kSanitizer;
using clock = std::chrono::steady_clock;

class Report : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (kSanitizer) GTEST_SKIP() << "it has a malloc and handlers of its own";
  }
  child_result run(const char* what, const char* sigurg = "") {
    return testsupport::run_prog("report",
                                 {.args = {what, sigurg},
                                  .env = {{"BURROW_MAXPROCS", GetParam()}},
                                  .timeout = 30s});
  }
};

void has(const child_result& r, const std::string& pattern) {
  EXPECT_TRUE(std::regex_search(r.err, std::regex(pattern)))
      << pattern << " is not in\n"
      << r.err.substr(0, 5000);
}

// Whole: somebody's trace, with names or without, and no less. The loader, where it is
// met at work and asked for names, may have its word first.
void expectquit(const child_result& r) {
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.exit_code, 2) << r.err;
  EXPECT_TRUE(r.err.starts_with("SIGQUIT: quit\nPC=0x")) << r.err;
  has(r,
      "\n(goroutine [0-9]+ \\[running(, locked to thread)?\\]|no goroutine "
      "on this thread):\n(Inconsistency detected by ld.so: [^\n]*\n)?"
      "[^\t\n]+\n\t[^\n]* \\+0x|\n\t[^\n]*:[0-9]+");
  has(r, "\n(rip|eip|pc)\t0x[0-9a-f]+\n");
  EXPECT_EQ(r.err.find("trace unavailable"), std::string::npos) << r.err;
  EXPECT_EQ(r.err.find("during the report"), std::string::npos) << r.err;
}

TEST_P(Report, OfABlockThatIsFreedTwice) {
  const child_result r = run("freestwice");
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.signal, SIGABRT);
  has(r, "(^|\n)SIGABRT: abort\n");
  // C++'s names need memory, which there is none of.
  has(r,
      "\ngoroutine [0-9]+ \\[running\\]:\n(.*\n)*"
      "(_ZN4prog10freestwiceEv\n\t.*/report \\+0x|prog::freestwice\\(\\)\n)");
  has(r, "\ngoroutine 1 \\[sync.WaitGroup.Wait\\]|\n(rip|eip|pc)\t0x");
}

TEST_P(Report, OfAThreadInMalloc) {
  for (int i = 0; i < 3; i++) {
    const child_result r = run("quitsinmalloc");
    expectquit(r);
    has(r, "\ngoroutine [0-9]+ \"waiter\" \\[chan receive\\]:\n");
    has(r, "\ngoroutine 1 \\[sync.WaitGroup.Wait\\]:\n");
  }
}

TEST_P(Report, OfAThreadThatSymbolises) { expectquit(run("quitsinstack")); }

TEST_P(Report, BesideAThreadThatSymbolises) {
  if (std::string(GetParam()) == "1") GTEST_SKIP() << "two threads are meant";
  expectquit(run("quitsbesidestack"));
}

TEST_P(Report, OfTheThreadThatDumps) { expectquit(run("quitsindump")); }

TEST_P(Report, OfAThreadForWhichADumpWaits) {
  expectquit(run("quitsinloader"));
}

TEST_P(Report, OfAFrameThatCannotBeWalked) {
  expectquit(run("quitswrongframe"));
}

TEST_P(Report, ADumpOfAFrameThatCannotBeWalked) {
  const child_result r = run("dumpswrongframe");
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_TRUE(r.out.ends_with("alive\n")) << r.out;
  const std::regex wrong("\"wrong\" \\[running\\]:\n.*wrongframe");
  EXPECT_TRUE(std::regex_search(r.out, wrong)) << r.out;
}

// Nobody answers: that is known, or the dump's patience ends.
TEST_P(Report, ADumpOfThreadsThatDoNotAnswer) {
  for (const char* sigurg : {"handler", "blocked"}) {
    const child_result r = run("dumpsdeaf", sigurg);
    EXPECT_EQ(r.exit_code, 0) << r.err;
    EXPECT_LT(std::atoi(r.out.c_str()), 1500) << sigurg;
  }
}

// The copy of the process that prints traces has its stderr. Returns whether all
// of them are gone within ten seconds.
bool closes(int fd) {
  const auto end = clock::now() + 10s;
  for (char buf[4096]; clock::now() < end;) {
    pollfd p{fd, POLLIN, 0};
    if (poll(&p, 1, 100) > 0 && read(fd, buf, sizeof buf) == 0) return true;
  }
  return false;
}

TEST_P(Report, EndsWithTheProcessThatIsReported) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  const std::string path = testsupport::prog_path("report");
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fds[1], 2);
    execl(path.c_str(), path.c_str(), "freestwice", nullptr);
    _exit(9);
  }
  close(fds[1]);
  std::string text;
  for (char c; text.find("[running]:\n") == text.npos;) {
    ASSERT_EQ(read(fds[0], &c, 1), 1) << text;
    text += c;
  }
  usleep(200'000);  // the copy hangs by now
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  EXPECT_TRUE(closes(fds[0]));
  close(fds[0]);
}

INSTANTIATE_TEST_SUITE_P(, Report, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
