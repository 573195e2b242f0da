// tests/signal_table_test.cc - what each signal does: the table of
// docs/signals.md, row by row, each in a program of its own.

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;

// What becomes of a program that has not asked for the signal.
enum class fate {
  lives,
  killed,    // by the signal
  reported,  // exit code 2 and a report that begins with its name
  aborted,   // the report, then killed by the signal
  reserved,  // not touched
};

fate fateof(int sig) {
  switch (sig) {
    case SIGHUP:
    case SIGINT:
    case SIGTERM:
    case SIGKILL:
      return fate::killed;
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSTKFLT:
    case SIGSYS:
      return fate::reported;
    case SIGABRT:
      return fate::aborted;
    case 32:
    case 33:
      return fate::reserved;
    default:
      return fate::lives;
  }
}

child_result send(int sig, const char* how) {
  return testsupport::run_prog("sig",
                               {.args = {std::to_string(sig), how}, .env = {}});
}

std::string describe(const child_result& r) {
  return "exit code " + std::to_string(r.exit_code) + ", signal " +
         std::to_string(r.signal) + "\n" + r.out + r.err;
}

void expectfate(const child_result& r, int sig, fate f) {
  SCOPED_TRACE(describe(r));
  switch (f) {
    case fate::lives:
      EXPECT_EQ(r.out, "alive\n");
      EXPECT_EQ(r.exit_code, 0);
      return;
    case fate::killed:
      EXPECT_EQ(r.signal, sig);
      EXPECT_EQ(r.err, "");
      return;
    case fate::reported:
      EXPECT_EQ(r.exit_code, 2);
      EXPECT_TRUE(r.err.starts_with("SIG"));
      EXPECT_NE(r.err.find("\ngoroutine "), std::string::npos);
      return;
    case fate::aborted:
      EXPECT_EQ(r.signal, sig);
      EXPECT_TRUE(r.err.starts_with("SIGABRT: abort\n"));
      return;
    case fate::reserved:
      return;
  }
}

class SignalTable : public testing::TestWithParam<int> {};

TEST_P(SignalTable, Unasked) {
  const int sig = GetParam();
  expectfate(send(sig, "own"), sig, fateof(sig));
}

TEST_P(SignalTable, OnAThreadOfTheProgramsOwn) {
  const int sig = GetParam();
  const child_result r = send(sig, "foreign");
  if (fateof(sig) != fate::reported) return expectfate(r, sig, fateof(sig));
  SCOPED_TRACE(describe(r));
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(r.err.starts_with("SIG"));
  EXPECT_NE(r.err.find("no goroutine on this thread"), std::string::npos);
}

// After a run a signal does what it does to any program.
TEST_P(SignalTable, AfterTheRun) {
  const int sig = GetParam();
  if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU ||
      fateof(sig) == fate::reserved)
    return;  // nobody would let it go on; not burrow's
  const child_result r = send(sig, "after");
  SCOPED_TRACE(describe(r));
  switch (sig) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      EXPECT_EQ(r.exit_code, 0);
      return;
    default:
      EXPECT_EQ(r.signal, sig);
  }
}

TEST_P(SignalTable, Notified) {
  const int sig = GetParam();
  if (sig == SIGSTOP) return;  // accepted, and never comes: it would wait
  const child_result r = send(sig, "notify");
  SCOPED_TRACE(describe(r));
  if (sig == SIGKILL) {
    EXPECT_EQ(r.signal, SIGKILL);
  } else if (fateof(sig) == fate::reserved) {
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_NE(r.err.find("no signal has the number"), std::string::npos);
  } else {
    EXPECT_EQ(r.out, "got " + std::to_string(sig) + "\nalive\n");
    EXPECT_EQ(r.exit_code, 0);
  }
}

TEST_P(SignalTable, Ignored) {
  const int sig = GetParam();
  if (fateof(sig) == fate::reserved || sig == SIGKILL) return;  // cannot be
  expectfate(send(sig, "ignore"), sig, fate::lives);
}

TEST_P(SignalTable, TheProgramsHandler) {
  const int sig = GetParam();
  if (fateof(sig) == fate::reserved || sig == SIGKILL || sig == SIGSTOP) return;
  for (const char* how : {"handled", "handledm"}) {
    const child_result r = send(sig, how);
    SCOPED_TRACE(std::string(how) + ": " + describe(r));
    EXPECT_EQ(r.out, "handled\nalive\n");
    EXPECT_EQ(r.exit_code, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(, SignalTable, testing::Range(1, 65));

}  // namespace
}  // namespace burrow
