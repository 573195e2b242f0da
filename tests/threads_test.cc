// tests/threads_test.cc - ten thousand threads, and too few of them.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "tests/support/failure.h"
#include "tests/support/sanitizer.h"

namespace burrow::testsupport {
namespace {

// The first number in a file; -1: none.
long long number(const std::string& path) {
  std::ifstream in(path);
  long long n = -1;
  return in >> n ? n : -1;
}

// Why n threads more cannot be had here; "": they can.
std::string lacking(long long n) {
  struct rlimit own {};
  if (::getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_cur != RLIM_INFINITY &&
      own.rlim_cur < static_cast<rlim_t>(2 * n))
    return "RLIMIT_NPROC is " + std::to_string(own.rlim_cur);
  for (const char* file :
       {"/proc/sys/kernel/threads-max", "/proc/sys/kernel/pid_max",
        "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"})
    if (const long long most = number(file); most >= 0 && most < 2 * n)
      return std::string(file) + " is " + std::to_string(most);
  if (const long long maps = number("/proc/sys/vm/max_map_count");
      maps >= 0 && maps < 6 * n)
    return "vm.max_map_count is " + std::to_string(maps);
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("MemAvailable:") &&
        std::stoll(line.substr(13)) < 100 * n)
      return line;
  return "";
}

TEST(Threads, TenThousandGoroutinesBlockAtOnce) {
  if (watched()) GTEST_SKIP() << "too many threads for a sanitizer";
  constexpr int kN = 10'000;
  if (const std::string why = lacking(kN); !why.empty()) GTEST_SKIP() << why;
  for (const char* procs : {"1", "8"}) {
    const auto r = run_prog("blockers", {.args = {std::to_string(kN), "10100"},
                                         .env = {{"BURROW_MAXPROCS", procs}},
                                         .timeout = std::chrono::seconds(300)});
    EXPECT_EQ(r.exit_code, 0) << r.err.substr(0, 2000);
    EXPECT_EQ(r.out, "10000 at once\n");
  }
}

// Where there are no more threads, that is said once, and goroutines wait for those
// there are.
TEST(Threads, TooFewAreEnough) {
  for (const char* procs : {"1", "2", "8"}) {
    const auto r = run_prog(
        "fewthreads", {.args = {"6"}, .env = {{"BURROW_MAXPROCS", procs}}});
    if (r.exit_code == 77) GTEST_SKIP() << "only root may become another";
    EXPECT_EQ(r.exit_code, 0) << r.err;
    EXPECT_EQ(r.out, "200 done\n");
    EXPECT_TRUE(matches(r.err,
                        "^runtime: failed to create new OS thread \\(have "
                        "[0-9]+ already; errno=11\\)"))
        << r.err;
  }
}

}  // namespace
}  // namespace burrow::testsupport
