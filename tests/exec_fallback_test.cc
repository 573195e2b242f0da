// tests/exec_fallback_test.cc - child processes where the system has no pidfds, or
// cannot watch them.

#include <gtest/gtest.h>

#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace {

using burrow::testsupport::child_result;
using burrow::testsupport::run_prog;

constexpr char kAll[] = "exit 7\nsignal 15\nsignal 9\nno zombie\n";

void expect(const char* mode, const std::string& out) {
  for (const char* procs : {"1", "2", "8"}) {
    const child_result r = run_prog(
        "oldkernel", {.args = {mode}, .env = {{"BURROW_MAXPROCS", procs}}});
    if (r.exit_code == 77) GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(r.exit_code, 0) << r.err;
    EXPECT_EQ(r.out, out) << mode << "\n" << r.err;
  }
}

TEST(ExecFallback, NoPidfd) { expect("nopidfd", kAll); }

TEST(ExecFallback, APidfdThatCannotSignal) { expect("nokill", kAll); }

TEST(ExecFallback, APidfdThatCannotBeWatched) { expect("unwatched", kAll); }

TEST(ExecFallback, NoRoomToWatchAnything) {
  expect("nospace",
         std::string(kAll) + "watch a descriptor: No space left on device\n");
}

}  // namespace
