// tests/diag_test.cc - what a failing program says, and how it ends.
//
// The test program runs itself as a child, with the name of a failure from the
// table below, and reads its stderr, whole, and its exit code. How
// addresses get their names is tests/symbolize_test.cc.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "burrow/go.h"
#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/park.h"
#include "tests/support/subprocess.h"

namespace rt = burrow::rt;

// Code of the runtime, as a trace sees it: a public function on private ones.
namespace burrow {
namespace detail {
[[gnu::noinline]] static void diag_private() {
  throw std::runtime_error("from inside");
}

template <typename T>
struct diag_base {
  [[gnu::noinline]] static void close(T) {
    asm volatile("nop");  // not send's code, or it is merged with that
    diag_private();
  }
};
}  // namespace detail

template <typename T>
struct diag_public : detail::diag_base<T> {
  [[gnu::noinline]] static void send(T) {
    detail::diag_private();
    asm volatile("");  // not a tail call
  }
};
}  // namespace burrow

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

constexpr int kThrowLine = __LINE__ + 2;
[[gnu::always_inline]] inline void fail_inlined(int n) {
  if (n >= 0) throw std::runtime_error("deep");
}

// Cold, so that the compiler has no cause to put the throw in a part of its
// own, whose name is not a dynamic symbol.
[[gnu::noinline, gnu::cold]] void innermost(int n) {
  fail_inlined(n);
  asm volatile("");
}

constexpr int kCallLine = __LINE__ + 2;
[[gnu::noinline]] void middle(int n) {
  innermost(n);
  asm volatile("");
}

[[gnu::noinline]] void outermost(int n) {
  middle(n + 1);
  asm volatile("");
}

[[gnu::noinline]] void recurse(int n) {
  if (n == 0) throw std::runtime_error("bottom");
  recurse(n - 1);
  asm volatile("");
}

[[gnu::noinline]] void no_throw() noexcept { outermost(0); }

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

void print_others(int fd, std::uint64_t) noexcept {
  rt::printer(fd).str("\n");
  rt::report_header(fd, 99, "helper", "chan receive");
}

void fail_on_thread() {
  std::thread([] { throw std::runtime_error("on a thread"); }).join();
}

void call_public() {
  burrow::diag_public<int>::send(1);
  asm volatile("");
}

void call_inherited() {
  burrow::diag_public<int>::close(1);
  asm volatile("");
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

using failure = void (*)();
const std::map<std::string_view, failure> failures = {
    {"runtime_error", [] { throw std::runtime_error("boom"); }},
    {"lines", [] { throw std::runtime_error("one\npanic: two"); }},
    {"system_error",
     [] { throw std::system_error(ENOENT, std::generic_category(), "open"); }},
    {"named", [] { throw named(); }},
    {"plain", [] { throw plain(); }},
    {"int", [] { throw 42; }},
    {"chars", [] { throw "text"; }},
    {"string", [] { throw std::string("text"); }},
    {"deep", [] { outermost(0); }},
    {"recursion", [] { recurse(500); }},
    {"noexcept", [] { no_throw(); }},
    {"terminate", [] { std::terminate(); }},
    {"throwing_what", [] { throw throwing_what(); }},
    {"public", call_public},
    {"inherited", call_inherited},
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

int child(std::string_view name) {
  std::set_terminate([] {
    rt::writeall(2, "the user's handler\n", 19);
    _exit(7);
  });
  const failure fail = failures.at(name);
  rt::set_tracebackothers(print_others);
  burrow::run([fail] { fail(); });
  return 0;
}

}  // namespace prog

namespace {

namespace fs = std::filesystem;
using burrow::testsupport::child_options;
using burrow::testsupport::child_result;
using burrow::testsupport::run_child;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

std::string self() { return fs::read_symlink("/proc/self/exe"); }

child_result fail(const std::string& name, const std::string& level = "",
                  const std::string& path = self()) {
  child_options options;
  options.args = {"child", name};
  options.env = {{"BURROW_TRACEBACK", level}, {"BURROW_MAXPROCS", "2"}};
  return run_child(path, options);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at++) n++;
  return n;
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

// Whether a trace can use that section of this program: libdw is there, and the
// build has the section.
bool libdw_sees([[maybe_unused]] const std::string& section) {
#ifdef BURROW_HAVE_LIBDW
  if (dlopen("libdw.so.1", RTLD_NOW) == nullptr) return false;
  const std::string look = "readelf -SW " + self() + " | grep -q ";
  return std::system((look + section).c_str()) == 0;
#else
  return false;
#endif
}

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

TEST(Panic, TraceBeginsAtTheThrowAndHidesTheRuntime) {
  const child_result r = fail("deep");
  EXPECT_TRUE(matches(r.err,
                      "prog::innermost\\(int\\)\n\t.*\n"
                      "prog::middle\\(int\\)\n\t.*\n"
                      "prog::outermost\\(int\\)\n\t"))
      << r.err;
  for (const char* hidden : {"__cxa_throw", "terminate", "burrow::rt",
                             "burrow::detail", "_Unwind", "??"})
    EXPECT_EQ(count(r.err, hidden), 0) << r.err;
}

TEST(Panic, TraceHasFileLineAndInlinedFrames) {
  if (!libdw_sees("debug_info")) GTEST_SKIP() << "no debug information";
  const child_result r = fail("deep");
  const std::string file = "\n\t[^\n]*diag_test.cc:";
  const std::string throwline = std::to_string(prog::kThrowLine);
  const std::string callline = std::to_string(prog::kCallLine);
  EXPECT_TRUE(matches(r.err, "running\\]:\nprog::fail_inlined\\(int\\)" + file +
                                 throwline + "\nprog::innermost\\(int\\)" +
                                 file + "[0-9]+ \\+0x[0-9a-f]+\n" +
                                 "prog::middle\\(int\\)" + file + callline +
                                 " \\+0x[0-9a-f]+\n"))
      << r.err;
}

TEST(Panic, StrippedProgramStillNamesItsDynamicSymbols) {
  if (dlsym(RTLD_DEFAULT, "_ZN4prog9innermostEi") == nullptr)
    GTEST_SKIP() << "this program was not linked with -rdynamic";
  const std::string copy =
      testing::TempDir() + "diag_test_stripped." + std::to_string(getpid());
  ASSERT_EQ(std::system(("strip -s -o " + copy + " " + self()).c_str()), 0);
  const child_result r = fail("deep", "", copy);
  fs::remove(copy);
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(matches(r.err,
                      "prog::innermost\\(int\\)\n\t[^\n]*"
                      "diag_test_stripped[^\n]* \\+0x[0-9a-f]+\n"
                      "prog::middle\\(int\\)\n\t"))
      << r.err;
}

TEST(Panic, KeepsPublicFramesOnly) {
  if (!libdw_sees("symtab")) GTEST_SKIP() << "no local symbols";
  const child_result r = fail("public");
  EXPECT_EQ(count(r.err, "burrow::diag_public<int>::send(int)"), 1) << r.err;
  for (const char* hidden : {"burrow::detail", "burrow::run", "std::invoke"})
    EXPECT_EQ(count(r.err, hidden), 0) << r.err;
}

TEST(Panic, KeepsPublicFunctionsOfPrivateBases) {
  if (!libdw_sees("symtab")) GTEST_SKIP() << "no local symbols";
  const child_result r = fail("inherited");
  EXPECT_EQ(count(r.err, "diag_base<int>::close(int)"), 1) << r.err;
  EXPECT_EQ(count(r.err, "diag_private"), 0) << r.err;
}

TEST(Panic, LeavesNoexceptFunctionsInTheTrace) {
  const child_result r = fail("noexcept");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(first_line(r.err), "panic: deep [std::runtime_error]");
  EXPECT_EQ(count(r.err, "prog::no_throw()\n"), 1) << r.err;
}

TEST(Panic, ElidesTheFramesOfADeepStack) {
  const child_result r = fail("recursion");
  EXPECT_GE(count(r.err, "prog::recurse(int)\n"), 90);
  EXPECT_LE(count(r.err, "prog::recurse(int)\n"), 100);
  EXPECT_TRUE(r.err.ends_with("\n...additional frames elided...\n")) << r.err;
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

TEST(Traceback, LevelsShowMoreAndMore) {
  const child_result none = fail("deep", "none");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err, "panic: deep [std::runtime_error]\n");

  const child_result single = fail("deep", "single");
  EXPECT_EQ(count(single.err, "[running]"), 1) << single.err;
  EXPECT_EQ(count(single.err, "chan receive"), 0) << single.err;

  const child_result all = fail("deep", "all");
  EXPECT_TRUE(
      all.err.ends_with("\n\ngoroutine 99 \"helper\" "
                        "[chan receive]:\n"))
      << all.err;
  EXPECT_EQ(count(all.err, "__cxa_throw"), 0) << all.err;

  const child_result system = fail("deep", "system");
  EXPECT_EQ(count(system.err, "__cxa_throw\n"), 1) << system.err;
  EXPECT_EQ(count(system.err, "chan receive"), 1) << system.err;
}

TEST(Traceback, UnknownLevelIsSaidOnceAndIsSingle) {
  const child_result r = fail("int", "loud");
  EXPECT_TRUE(r.err.starts_with(
      "burrow: BURROW_TRACEBACK=loud: not one of none, single, all, system; "
      "using single\npanic: (int) 42\n"))
      << r.err;
  EXPECT_EQ(r.exit_code, 2);
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
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own heap ends the process";
  const child_result r = fail("heap");
  EXPECT_EQ(r.signal, SIGABRT);
  EXPECT_TRUE(matches(r.err,
                      "^runtime error: burrow: no memory\n\n"
                      "goroutine [1-9][0-9]* \\[running\\]:\n"
                      "\\?\\?\n\t\\?\\? \\+0x[0-9a-f]+\n"))
      << r.err;
}

TEST(Terminate, IsTheUsersAgainAfterARun) {
  const auto mine = [] {};
  const std::terminate_handler before = std::set_terminate(mine);
  burrow::run([] {});
  EXPECT_EQ(std::get_terminate(), static_cast<std::terminate_handler>(mine));
  std::set_terminate(before);
}

TEST(Terminate, HandlerSetDuringARunStays) {
  static const auto mine = [] {};
  const std::terminate_handler before = std::get_terminate();
  burrow::run([] { std::set_terminate(mine); });
  EXPECT_EQ(std::get_terminate(), static_cast<std::terminate_handler>(mine));
  std::set_terminate(before);
}

[[gnu::noinline]] int capture(std::uintptr_t* pcs, int max, int skip) {
  const int n = rt::capture_here(pcs, max, skip);
  asm volatile("");
  return n;
}

TEST(Capture, SkipsAndStopsAtMax) {
  std::array<std::uintptr_t, 64> all{}, two{}, skipped{};
  const int n = capture(all.data(), 64, 0);
  EXPECT_EQ(capture(two.data(), 2, 0), 2);
  EXPECT_EQ(capture(skipped.data(), 64, 1), n - 1);
  ASSERT_GT(n, 3);
  // Frame 0 is capture's, frame 1 this function's, at different calls.
  EXPECT_EQ(two[0], all[0]);
  EXPECT_EQ(two[2], 0u);
  EXPECT_NE(skipped[0], all[0]);
  EXPECT_EQ(skipped[1], all[2]);
}

TEST(Capture, StopsAtAGoroutinesBase) {
  static std::array<std::uintptr_t, 1000> pcs;
  static int n = 0;
  burrow::run([] { n = capture(pcs.data(), 1000, 0); });
  EXPECT_GT(n, 1);
  EXPECT_LT(n, 50);
}

TEST(Printer, WritesAllToAPipeThatIsFull) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  ASSERT_EQ(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
  const std::string text(1'000'000, 'x');
  std::size_t got = 0;
  std::thread reader([&] {
    std::array<char, 4096> buf;
    ssize_t n;
    while ((n = read(fds[0], buf.data(), buf.size())) > 0)
      got += static_cast<std::size_t>(n);
  });
  rt::writeall(fds[1], text.data(), text.size());
  close(fds[1]);
  reader.join();
  close(fds[0]);
  EXPECT_EQ(got, text.size());
}

TEST(Printer, RaisesNoSigpipe) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  close(fds[0]);
  errno = 5;
  rt::writeall(fds[1], "x", 1);
  EXPECT_EQ(errno, 5);
  close(fds[1]);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "child")
    return prog::child(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
