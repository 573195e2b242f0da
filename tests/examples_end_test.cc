// tests/examples_end_test.cc - the examples that signals and faults end.

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;

class ExamplesEnd : public testing::TestWithParam<const char*> {
 protected:
  child_result run(const char* name, std::vector<std::string> args = {}) {
    return testsupport::run_example(
        name,
        {.args = std::move(args), .env = {{"BURROW_MAXPROCS", GetParam()}}});
  }
};

TEST_P(ExamplesEnd, SignalsDrains) {
  const child_result r = run("signals", {"30"});
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out,
            "interrupted: no new jobs\nevery job that was made is done\n");
}

TEST_P(ExamplesEnd, FaultsAreCaught) {
#if defined(__clang__)
  GTEST_SKIP() << "clang has no -fnon-call-exceptions";
#endif
  const child_result r = run("faults");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out,
            "the frame is unwound\n"
            "caught runtime error: invalid memory address or nil pointer "
            "dereference\n"
            "caught runtime error: integer divide by zero\n"
            "the goroutine goes on\n");
}

TEST_P(ExamplesEnd, OverflowIsReported) {
  const child_result r = run("overflow");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(r.out, "following a list without an end\n");
  EXPECT_TRUE(r.err.starts_with("fatal error: stack overflow\n")) << r.err;
  EXPECT_NE(r.err.find("length"), std::string::npos) << r.err;
}

INSTANTIATE_TEST_SUITE_P(, ExamplesEnd, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
