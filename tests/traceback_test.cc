// tests/traceback_test.cc - what the trace of a failing program shows.
//
// How addresses get their names is tests/symbolize_test.cc.
#include "runtime/diag/traceback.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "burrow/go.h"
#include "tests/support/chantest.h"
#include "tests/support/failure.h"

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

// Fails beside a goroutine that waits.
void fail_in_company() {
  const auto c = burrow::make_chan<int>();
  burrow::go(burrow::go_options{.name = "helper"}, [c] { c.recv(); });
  burrow::testsupport::await_waiters(c, 1);
  outermost(0);
}

void call_public() {
  burrow::diag_public<int>::send(1);
  asm volatile("");
}

void call_inherited() {
  burrow::diag_public<int>::close(1);
  asm volatile("");
}

const failures table = {
    {"deep", [] { outermost(0); }},   {"recursion", [] { recurse(500); }},
    {"noexcept", [] { no_throw(); }}, {"public", call_public},
    {"inherited", call_inherited},    {"int", [] { throw 42; }},
    {"company", fail_in_company},
};

}  // namespace prog

namespace {

using namespace burrow::testsupport;

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
  const std::string file = "\n\t[^\n]*traceback_test.cc:";
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
      testing::TempDir() + "traceback_stripped." + std::to_string(getpid());
  ASSERT_EQ(std::system(("strip -s -o " + copy + " " + self()).c_str()), 0);
  const child_result r = fail("deep", "", copy);
  std::filesystem::remove(copy);
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(matches(r.err,
                      "prog::innermost\\(int\\)\n\t[^\n]*"
                      "traceback_stripped[^\n]* \\+0x[0-9a-f]+\n"
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

TEST(Traceback, LevelsShowMoreAndMore) {
  const child_result none = fail("company", "none");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err, "panic: deep [std::runtime_error]\n");

  const child_result single = fail("company", "single");
  EXPECT_EQ(count(single.err, "[running]"), 1) << single.err;
  EXPECT_EQ(count(single.err, "chan receive"), 0) << single.err;

  const child_result all = fail("company", "all");
  EXPECT_TRUE(matches(all.err,
                      "\n\ngoroutine [0-9]+ \"helper\" "
                      "\\[chan receive\\]:\n"))
      << all.err;
  EXPECT_EQ(count(all.err, "__cxa_throw"), 0) << all.err;

  const child_result system = fail("company", "system");
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

}  // namespace

int main(int argc, char** argv) {
  return prog::test_main(argc, argv, prog::table);
}
