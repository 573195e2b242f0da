// tests/soak_test.cc - the soak (tests/progs/soak.cc), short; ./dev soak is the long
// one.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;

class Soak : public testing::TestWithParam<const char*> {};

TEST_P(Soak, LeavesNothing) {
  const auto r = testsupport::run_prog(
      "soak",
      {.args = {"6"},
       .env = {{"BURROW_MAXPROCS", GetParam()}, {"BURROW_TRACEBACK", "all"}},
       .timeout = 300s});
  EXPECT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_FALSE(r.timed_out);
  EXPECT_TRUE(r.out.ends_with("soak: passed\n")) << r.out;
}

INSTANTIATE_TEST_SUITE_P(, Soak, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
