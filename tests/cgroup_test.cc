// tests/cgroup_test.cc - the CPU limit of control groups, on made-up trees.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>

#include "sys/os.h"
#include "tests/support/tempfolder.h"

namespace sys = burrow::sys;
namespace fs = std::filesystem;

namespace {

// A made-up tree of control groups and the file that names the process's own.
class Cpuquota : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_ / "root"); }

  // quota is what a process gets whose own file has the text self, in a tree of
  // these groups: path, and text of cpu.max. The path "" is the root. They stay
  // for the calls that follow.
  using groups = std::initializer_list<std::pair<const char*, const char*>>;
  std::int64_t quota(const std::string& self, groups tree = {}) {
    for (const auto& [path, cpumax] : tree) {
      const fs::path folder = dir_ / "root" / path;
      fs::create_directories(folder);
      std::ofstream(folder / "cpu.max") << cpumax;
    }
    std::ofstream(dir_ / "self") << self;
    return sys::cpuquota((dir_ / "root").c_str(), (dir_ / "self").c_str());
  }

  const burrow::testsupport::temp_folder folder_;
  const fs::path dir_ = folder_.path();
};

TEST_F(Cpuquota, OwnGroup) {
  EXPECT_EQ(quota("0::/a\n", {{"a", "150000 100000\n"}}), 1500);
}

TEST_F(Cpuquota, AnAncestorWithLessCounts) {
  EXPECT_EQ(quota("0::/a/b/c\n", {{"a", "50000 100000\n"},
                                  {"a/b", "max 100000\n"},
                                  {"a/b/c", "200000 100000\n"}}),
            500);
}

TEST_F(Cpuquota, TheOwnWithLessThanItsAncestorsCounts) {
  EXPECT_EQ(quota("0::/a/b\n", {{"", "400000 100000\n"},
                                {"a", "300000 100000\n"},
                                {"a/b", "25000 100000\n"}}),
            250);
}

TEST_F(Cpuquota, TheRootCounts) {
  EXPECT_EQ(quota("0::/\n", {{"", "30000 20000\n"}}), 1500);
}

TEST_F(Cpuquota, AChildsLimitDoesNot) {
  EXPECT_EQ(
      quota("0::/a\n", {{"a", "max 100000\n"}, {"a/b", "10000 100000\n"}}), 0);
}

TEST_F(Cpuquota, MaxIsNoLimit) {
  EXPECT_EQ(quota("0::/a\n", {{"a", "max 100000\n"}}), 0);
}

TEST_F(Cpuquota, TheLineOfVersion2IsFoundAmongOthers) {
  EXPECT_EQ(quota("12:cpu,cpuacct:/b\n10::/b\n1:name=systemd:/0::/b\n0::/a\n",
                  {{"a", "100000 100000\n"}, {"b", "10000 100000\n"}}),
            1000);
}

TEST_F(Cpuquota, ALongFileIsReadToItsEnd) {
  std::string self;
  for (int i = 40; i > 0; i--)
    self += std::to_string(i) + ":x:/" + std::string(500, 'y') + "\n";
  EXPECT_EQ(quota(self + "0::/a\n", {{"a", "100000 100000\n"}}), 1000);
}

TEST_F(Cpuquota, AGroupThatIsNotThereLeavesItsAncestors) {
  EXPECT_EQ(quota("0::/docker/0123\n", {{"", "70000 100000\n"}}), 700);
}

TEST_F(Cpuquota, AGroupOutsideOfTheRootLeavesTheRoot) {
  EXPECT_EQ(quota("0::/../other\n",
                  {{"", "70000 100000\n"}, {"..", "10000 100000\n"}}),
            700);
  EXPECT_EQ(quota("0::/..\n"), 700);
}

TEST_F(Cpuquota, NamesThatBeginWithDotsAreOrdinary) {
  EXPECT_EQ(quota("0::/..a/.b\n", {{"..a/.b", "20000 100000\n"}}), 200);
}

TEST_F(Cpuquota, AMissingLineEndIsAllRight) {
  EXPECT_EQ(quota("0::/a", {{"a", "50000 100000"}}), 500);
}

TEST_F(Cpuquota, GarbageIsNoLimit) {
  for (const char* text :
       {"", "\n", "garbage", "1", "1\n", "100000 0\n", "100000 -5\n", "-1 5\n",
        "100000  100000\n", "100000 100000x\n", "0x10 100\n",
        "99999999999999999999 100000\n", "100000 99999999999999999999\n"}) {
    EXPECT_EQ(quota("0::/a\n", {{"a", text}}), 0) << '"' << text << '"';
  }
}

TEST_F(Cpuquota, ATinyLimitIsNotNone) {
  EXPECT_EQ(quota("0::/a\n", {{"a", "1 100000\n"}}), 1);
}

TEST_F(Cpuquota, NoFilesAreNoLimit) {
  EXPECT_EQ(quota(""), 0);
  EXPECT_EQ(quota("0::"), 0);
  EXPECT_EQ(quota("4:memory:/a\n"), 0);
  EXPECT_EQ(sys::cpuquota("/nonexistent", "/nonexistent"), 0);
}

TEST_F(Cpuquota, APathTooLongLeavesTheRoot) {
  EXPECT_EQ(
      quota("0::/" + std::string(10'000, 'x') + "\n", {{"", "70000 100000\n"}}),
      700);
  EXPECT_EQ(sys::cpuquota(std::string(10'000, '/').c_str(), "/dev/null"), 0);
}

TEST(CpuquotaHere, IsNotNegative) { EXPECT_GE(sys::cpuquota(), 0); }

}  // namespace
