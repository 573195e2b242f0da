// tests/fault_test.cc - faults: exceptions where that can be, else reports.

#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <string>

#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;
using testsupport::kSanitizer;

#if defined(__clang__)
constexpr bool kClang = true;
#else
constexpr bool kClang = false;
#endif

class Fault : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { SKIP_WITHOUT_PROGRAMS(); }

  child_result run(const char* program, const char* what,
                   const char* level = "single") {
    return testsupport::run_prog(program,
                                 {.args = {what},
                                  .env = {{"BURROW_MAXPROCS", GetParam()},
                                          {"BURROW_TRACEBACK", level}}});
  }
};

void expectreport(const child_result& r, const std::string& start) {
  EXPECT_EQ(r.exit_code, 2) << r.err;
  EXPECT_TRUE(r.err.starts_with(start)) << r.err;
}

void has(const child_result& r, const std::string& pattern) {
  EXPECT_TRUE(std::regex_search(r.err, std::regex(pattern)))
      << pattern << " is not in\n"
      << r.err;
}

constexpr const char* kNil =
    "runtime error: invalid memory address or nil pointer dereference";

TEST_P(Fault, IsCaughtWhereItHappens) {
  if (kClang) GTEST_SKIP() << "clang has no -fnon-call-exceptions";
  const child_result r = run("fault_catch", "catches");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  const std::string once = std::string("frame destroyed\ncaught ") + kNil +
                           ", signal 11\n" +
                           "caught runtime error: integer divide by zero, "
                           "signal 8\ncaught " +
                           kNil + "\n";
  EXPECT_EQ(r.out, once + once + once);
}

TEST_P(Fault, BeyondTheEndOfAFile) {
  if (kClang) GTEST_SKIP() << "clang has no -fnon-call-exceptions";
  const child_result r = run("fault_catch", "catchesbus");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out,
            "caught runtime error: unexpected fault address, signal 7\n");
}

TEST_P(Fault, NobodyCatches) {
  for (const char* program : {"fault", "fault_catch"}) {
    const child_result r = run(program, "faults");
    expectreport(r, std::string("panic: ") + kNil);
    has(r,
        "\\[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 "
        "pc=0x[0-9a-f]+\\]");
    has(r, "goroutine [0-9]+ \\[running\\]:\n.*deref");
    EXPECT_EQ(r.out, "");
  }
}

TEST_P(Fault, WithoutAnAddressIsNoNilPointer) {
  const child_result r = run("fault", "faultsnoncanonical");
  expectreport(r, "panic: runtime error: unexpected fault address");
  has(r, "deref");
}

TEST_P(Fault, InLibc) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer has a handler of its own";
  const child_result r = run("fault", "faultsinlibc");
  expectreport(r, std::string("panic: ") + kNil);
  has(r, "\\[signal SIGSEGV: segmentation violation code=0x1");
  has(r, "faultsinlibc");
  has(r, "\n(rip|eip|pc)\t0x[0-9a-f]+\n");
}

// Where malloc is not libc's, libc is libc all the same.
TEST_P(Fault, InLibcBesideAMallocOfTheProgramsOwn) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer has a malloc of its own";
  expectreport(run("ownmalloc", ""), std::string("panic: ") + kNil);
}

TEST_P(Fault, StackOverflow) {
  for (const char* what :
       {"overflows", "overflowsinlargeframe", "overflowssmall"}) {
    const child_result r = run("fault", what);
    expectreport(r, "fatal error: stack overflow\n");
    has(r, "\nthe stack of [0-9]+ bytes is exhausted.*BURROW_STACK_SIZE");
    has(r, "goroutine [0-9]+ (\"small\" )?\\[running\\]:\n");
    has(r, "recurse|largeframe");
  }
}

TEST_P(Fault, OnAThreadOfTheProgramsOwn) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer has a handler of its own";
  const child_result r = run("fault", "faultsonforeign");
  expectreport(r,
               "fatal error: unexpected signal on a thread that burrow did "
               "not make\n");
  has(r, "deref");
}

TEST_P(Fault, AbortKeepsItsMark) {
  const child_result r = run("fault", "aborts");
  EXPECT_EQ(r.signal, SIGABRT);
  EXPECT_TRUE(r.err.starts_with("SIGABRT: abort\n")) << r.err;
  has(r, "goroutine [0-9]+ \\[running\\]:\n(.*\n)*.*aborts");
}

TEST_P(Fault, Trap) {
  const child_result r = run("fault", "traps");
  expectreport(r, "SIGILL: illegal instruction\n");
  has(r, "traps");
}

TEST_P(Fault, InABrokenHeapIsReportedAllTheSame) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer has a handler of its own";
  const child_result r = run("fault", "faultsinmalloc");
  EXPECT_TRUE(r.exit_code == 2 || r.signal == SIGABRT) << r.err;
  has(r, "goroutine [0-9]+ \\[running\\]:\n");
}

// Who runs is asked where, who waits is shown, and who is created by whom.
TEST_P(Fault, QuitShowsEveryGoroutine) {
  const child_result r = run("fault", "quits");
  expectreport(r, "SIGQUIT: quit\nPC=0x");
  has(r, "\ngoroutine [0-9]+ \"hog\" \\[running\\]:\n(.*\n)*.*hogs");
  has(r, "\ngoroutine [0-9]+ \"waiter\" \\[chan receive\\]:\n");
  has(r, "\ngoroutine 1 \\[sync.WaitGroup.Wait\\]:\n");
  has(r, "\ncreated by .*quits.* in goroutine [0-9]+\n");
  EXPECT_EQ(r.err.find("unavailable"), std::string::npos) << r.err;
}

// A thread that has just been made is stopped as all others are.
TEST_P(Fault, QuitStopsThreadsThatAreStarting) {
  for (int i = 0; i < 5; i++) {
    const child_result r = run("fault", "quitsasthreadsstart");
    expectreport(r, "SIGQUIT: quit\nPC=0x");
    EXPECT_EQ(r.out, "");
  }
}

TEST_P(Fault, LevelNoneIsOneLine) {
  const child_result r = run("fault", "traps", "none");
  expectreport(r, "SIGILL: illegal instruction\n");
  EXPECT_EQ(r.err.find("goroutine "), std::string::npos) << r.err;
}

// As a program in a shell's pipeline: it ends when nobody reads its output.
TEST_P(Fault, BrokenPipe) {
  const child_result r = run("fault", "writestobrokenpipe");
  EXPECT_EQ(r.out, "write to a pipe failed\n");
  EXPECT_EQ(r.signal, SIGPIPE);
  EXPECT_EQ(r.err, "");
}

INSTANTIATE_TEST_SUITE_P(, Fault, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
