// bench/scaling/scaling_test.cc - the simulation is the same each time, and loses
// nothing.
//
// The program itself checks that no goroutine waits for 100 ms of its time while
// nobody runs, and counts the tasks that were to run.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <tuple>

namespace {

struct ended {
  int status = -1;
  std::string out;
};

ended simulate(const std::string& args) {
  ended e;
  const std::string command = std::string(SCALING_PROGRAM) + " " + args;
  FILE* f = popen(command.c_str(), "r");
  if (f == nullptr) return e;
  char buf[4096];
  for (std::size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
    e.out.append(buf, n);
  e.status = pclose(f);
  return e;
}

using what = std::tuple<const char*, const char*, int>;
class Scaling : public testing::TestWithParam<what> {};

TEST_P(Scaling, SameSeedSameCountsAndNothingIsLost) {
  const auto [protocol, workload, procs] = GetParam();
  const std::string args = std::string(protocol) + " " + workload + " " +
                           std::to_string(procs) + " scale=0.3";
  const ended one = simulate(args);
  EXPECT_EQ(one.status, 0) << one.out;
  EXPECT_NE(one.out.find("\"lost\": 0,"), std::string::npos) << one.out;
  EXPECT_EQ(simulate(args).out, one.out);
}

INSTANTIATE_TEST_SUITE_P(
    All, Scaling,
    testing::Combine(testing::Values("burrow", "go"),
                     testing::Values("waves", "tree", "pairs-few", "pairs-many",
                                     "fan", "ring", "skewed", "requests-10-60"),
                     testing::Values(1, 2, 8, 64)));

TEST(ScalingSeed, AnotherSeedIsAnotherRun) {
  const std::string args = "burrow waves 8 seed=";
  EXPECT_NE(simulate(args + "1").out, simulate(args + "2").out);
}

// With one p there is nobody to wake, to interrupt or to steal from.
TEST(ScalingOneProc, NobodyIsWoken) {
  for (const char* protocol : {"burrow", "go"}) {
    const std::string out = simulate(std::string(protocol) + " waves 1").out;
    for (const char* zero : {"\"wakes\": 0.0000", "\"barriers\": 0.0000",
                             "\"moved\": 0.0000", "\"wasted\": 0.0000"})
      EXPECT_NE(out.find(zero), std::string::npos) << zero << "\n" << out;
  }
}

TEST(ScalingUsage, AnUnknownProtocolIsRefused) {
  EXPECT_NE(simulate("nobody waves 2 2>&1").status, 0);
}

}  // namespace
