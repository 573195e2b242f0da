// tests/signal_case_test.cc - signals in situations that need a program of their
// own: tests/progs/sigcase.cc.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;
using testsupport::kSanitizer;

child_result play(const char* name, const char* debug = "") {
  return testsupport::run_prog("sigcase",
                               {.args = {name},
                                .env = {{"BURROW_DEBUG", debug}},
                                .timeout = std::chrono::seconds(30)});
}

TEST(SignalCase, SetuidReachesAllThreads) {
  const child_result r = play("setids");
  EXPECT_EQ(r.out, "0\n") << r.err;
  EXPECT_EQ(r.exit_code, 0);
}

TEST(SignalCase, AFaultInADestructorOfAThreadIsReported) {
  if (kSanitizer) GTEST_SKIP() << "has reports of its own";
  const child_result r = play("threadend");
  EXPECT_EQ(r.exit_code, 2) << "signal " << r.signal << r.out;
  EXPECT_NE(r.err.find("SIGSEGV"), std::string::npos) << r.err;
}

// The kernel's own fault is not ignored: nobody could go on behind it.
TEST(SignalCase, IgnoreIsForWhatSomebodySends) {
  const child_result r = play("ignoredfault");
  EXPECT_EQ(r.out, "lives\n");
  EXPECT_EQ(r.exit_code, 2) << "signal " << r.signal;
  EXPECT_TRUE(r.err.starts_with("SIGILL")) << r.err;
}

TEST(SignalCase, FromNotifiedToIgnoredWithoutAGap) {
  const child_result r = play("ignorestorm");
  EXPECT_EQ(r.out, "alive\n") << "signal " << r.signal << r.err;
}

TEST(SignalCase, JobControl) {
  const child_result r = play("jobcontrol");
  EXPECT_EQ(r.out,
            "unasked: stopped by Stopped, exit 0\n"
            "notified: exit 0\n"
            "after stop: stopped by Stopped, exit 0\n"
            "told of its going on: stopped by Stopped (signal), exit 0\n");
}

// Where a thread does not answer to SIGURG its p is taken all the same.
class SeizeBySignal : public testing::TestWithParam<const char*> {};

TEST_P(SeizeBySignal, TakesNoForAnAnswer) {
  const child_result r = play(GetParam(), "sigretake=1");
  if (r.out == "no such barrier\n") GTEST_SKIP() << "the kernel has none";
  EXPECT_EQ(r.out, "dumped\n") << r.err;
  EXPECT_FALSE(r.timed_out);
}

INSTANTIATE_TEST_SUITE_P(, SeizeBySignal,
                         testing::Values("urgblocked", "urghandled",
                                         "urgglobal"));

}  // namespace
}  // namespace burrow
