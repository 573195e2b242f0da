// tests/diag_test.cc - what a failing program says, and how it ends.
//
// What its trace shows is tests/traceback_test.cc, and how addresses get their
// names tests/symbolize_test.cc.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "burrow/go.h"
#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/sched/park.h"
#include "tests/support/failure.h"
#include "tests/support/sanitizer.h"

namespace rt = burrow::rt;

namespace prog {

struct plain {};

class named : public std::exception {
 public:
  const char* what() const noexcept override { return "named failure"; }
};

[[noreturn]] void throw_int() { throw 1; }

class throwing_what : public std::exception {
 public:
  const char* what() const noexcept override { throw_int(); }
};

// A failure at which a given number of goroutines arrive before any goes on.
void fail_together(int n) {
  static std::atomic<int> arrived{0};
  const auto fail = [n] {
    arrived.fetch_add(1, std::memory_order_relaxed);
    while (arrived.load(std::memory_order_relaxed) < n) burrow::yield();
    throw std::runtime_error("together");
  };
  for (int i = 1; i < n; i++) burrow::go(fail);
  fail();
}

void fail_on_thread() {
  std::thread([] { throw std::runtime_error("on a thread"); }).join();
}

// Uses up the heap, and all that could make it larger.
void fail_without_heap() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_AS, &none);
  static std::atomic<void*> block;  // so that no compiler leaves a malloc out
  for (std::size_t n = std::size_t{1} << 30; n > 0; n /= 2) {
    do {
      block.store(std::malloc(n), std::memory_order_relaxed);
    } while (block.load(std::memory_order_relaxed) != nullptr);
  }
  rt::rtthrow("no memory");
}

const failures table = {
    {"runtime_error", [] { throw std::runtime_error("boom"); }},
    {"lines", [] { throw std::runtime_error("one\npanic: two"); }},
    {"system_error",
     [] { throw std::system_error(ENOENT, std::generic_category(), "open"); }},
    {"named", [] { throw named(); }},
    {"plain", [] { throw plain(); }},
    {"int", [] { throw 42; }},
    {"chars", [] { throw "text"; }},
    {"string", [] { throw std::string("text"); }},
    {"terminate", [] { std::terminate(); }},
    {"throwing_what", [] { throw throwing_what(); }},
    {"together", [] { fail_together(8); }},
    {"thread", [] { fail_on_thread(); }},
    {"fatal", [] { rt::fatal("all goroutines are asleep - deadlock!"); }},
    {"rtthrow", [] { rt::rtthrow("gopark: held a lock"); }},
    {"heap", [] { fail_without_heap(); }},
    {"closed",
     [] {
       close(2);
       throw 1;
     }},
    {"broken",
     [] {
       int fds[2];
       if (pipe(fds) != 0) return;
       close(fds[0]);
       dup2(fds[1], 2);
       throw 1;
     }},
};

void set_handler() {
  std::set_terminate([] {
    rt::writeall(2, "the user's handler\n", 19);
    _exit(7);
  });
}

}  // namespace prog

namespace {

using namespace burrow::testsupport;

TEST(Panic, NamesTheExceptionAndExitsWith2) {
  const std::pair<const char*, const char*> cases[] = {
      {"runtime_error", "panic: boom [std::runtime_error]"},
      {"system_error",
       "panic: open: No such file or directory [std::system_error]"},
      {"named", "panic: named failure [prog::named]"},
      {"plain", "panic: (prog::plain)"},
      {"int", "panic: (int) 42"},
      {"chars", "panic: (char const*) text"},
      {"string", "panic: (std::string) text"},
      {"terminate", "panic: std::terminate called without an exception"},
  };
  for (const auto& [name, line] : cases) {
    const child_result r = fail(name);
    EXPECT_EQ(r.exit_code, 2) << name;
    EXPECT_EQ(first_line(r.err), line);
    EXPECT_TRUE(matches(r.err,
                        "^panic: .*\n\ngoroutine [1-9][0-9]* "
                        "\\[running\\]:\n[^\n]+\n\t[^\n]+\n"))
        << r.err;
  }
}

TEST(Panic, IndentsTheLinesOfAMessage) {
  const child_result r = fail("lines");
  EXPECT_TRUE(r.err.starts_with(
      "panic: one\n\tpanic: two [std::runtime_error]\n\ngoroutine "))
      << r.err;
}

TEST(Panic, TwoAtOnceMakeOneReport) {
  for (int i = 0; i < 10; i++) {
    const child_result r = fail("together");
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_EQ(count(r.err, "panic: "), 1) << r.err;
    EXPECT_EQ(count(r.err, "[running]:\n"), 1) << r.err;
  }
}

TEST(Panic, FailureOfTheReportEndsTheProcess) {
  const child_result r = fail("throwing_what");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(count(r.err, "panic during the report of another\n"), 1) << r.err;
}

TEST(Panic, OnAForeignThreadIsTheUsersHandlers) {
  const child_result r = fail("thread");
  EXPECT_EQ(r.exit_code, 7);
  EXPECT_EQ(r.err, "the user's handler\n");
}

TEST(Panic, NeedsNoStderr) {
  EXPECT_EQ(fail("closed").exit_code, 2);
  EXPECT_EQ(fail("broken").exit_code, 2);
}

TEST(Fatal, PrintsTheMessageAndTheTraceAndExitsWith2) {
  const child_result r = fail("fatal");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(matches(r.err,
                      "^fatal error: all goroutines are asleep - deadlock!\n\n"
                      "goroutine [1-9][0-9]* \\[running\\]:\n[^\n]+\n\t"))
      << r.err;
}

TEST(Rtthrow, PrintsTheWholeTraceAndAborts) {
  const child_result r = fail("rtthrow");
  EXPECT_EQ(r.signal, SIGABRT);
  EXPECT_TRUE(matches(r.err,
                      "^runtime error: burrow: gopark: held a lock\n\n"
                      "goroutine [1-9][0-9]* \\[running\\]:\n"))
      << r.err;
  EXPECT_EQ(count(r.err, "burrow::rt::rtthrow(char const*)\n"), 1) << r.err;
}

TEST(Rtthrow, NeedsNoHeap) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer's own heap ends the process";
  const child_result r = fail("heap");
  EXPECT_EQ(r.signal, SIGABRT);
  EXPECT_TRUE(matches(r.err,
                      "^runtime error: burrow: no memory\n\n"
                      "goroutine [1-9][0-9]* \\[running\\]:\n"
                      "\\?\\?\n\t.*/diag_test \\+0x[0-9a-f]+\n"))
      << r.err;
}

}  // namespace

int main(int argc, char** argv) {
  return prog::test_main(argc, argv, prog::table, prog::set_handler);
}
