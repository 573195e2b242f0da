// tests/crash_test.cc - how programs end that end badly: exit code and stderr.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;

class Crash : public testing::TestWithParam<const char*> {
 protected:
  child_result run(const std::string& name) {
    return testsupport::run_prog(
        "crash", {.args = {name}, .env = {{"BURROW_MAXPROCS", GetParam()}}});
  }
};

void expectstart(const child_result& r, const std::string& text) {
  EXPECT_EQ(r.exit_code, 2) << r.err;
  EXPECT_EQ(r.err.substr(0, text.size()), text);
}

bool has(const child_result& r, const std::string& text) {
  return r.err.find(text) != std::string::npos;
}

constexpr const char* kDeadlock =
    "fatal error: all goroutines are asleep - deadlock!\n";

TEST_P(Crash, DeadlockNamesEveryGoroutine) {
  const child_result r = run("deadlock");
  expectstart(r, kDeadlock);
  EXPECT_TRUE(has(r, "[sync.WaitGroup.Wait]:")) << r.err;
  EXPECT_TRUE(has(r, "\"worker\" [chan receive]:")) << r.err;
  EXPECT_TRUE(has(r, "blockonreceive")) << r.err;
}

TEST_P(Crash, DeadlockOfOne) {
  expectstart(run("selfdeadlock"), kDeadlock);
  expectstart(run("lockeddeadlock"), kDeadlock);
  expectstart(run("deadlockatexit"), kDeadlock);
  expectstart(run("timerthendeadlock"), kDeadlock);
}

TEST_P(Crash, GoexitOfMain) {
  expectstart(run("goexitmain"),
              "fatal error: no goroutines (main called runtime.Goexit) - "
              "deadlock!\n");
  expectstart(run("goexitmaindeadlock"), kDeadlock);
}

TEST_P(Crash, EscapedException) {
  for (const char* name : {"panics", "panicsafterpark"}) {
    const child_result r = run(name);
    expectstart(r, "panic: boom [std::runtime_error]\n");
    EXPECT_TRUE(has(r, "\ngoroutine ")) << r.err;
    EXPECT_TRUE(has(r, "[running]:")) << r.err;
    EXPECT_TRUE(has(r, "thrower(int)")) << r.err;
  }
  EXPECT_TRUE(has(run("panics"), "\"thrower\" [running]:"));
  expectstart(run("panicsmain"), "panic: in main [std::logic_error]\n");
}

TEST_P(Crash, Misuse) {
  expectstart(run("unlocked"), "fatal error: sync: unlock of unlocked mutex");
  expectstart(run("swallow"), "fatal error: goexit");
}

INSTANTIATE_TEST_SUITE_P(, Crash, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
