// tests/asm_test.cc - asm/ without a runtime: what a new port is tried on first.
//
// Of the ways into the kernel, sys_test and osproc_test make use enough.
#include <gtest/gtest.h>
#include <unistd.h>

#include <unwind.h>

#include <boost/context/detail/fcontext.hpp>
#include <cfenv>
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "asm/jump.h"
#include "asm/recover.h"
#include "asm/switch.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace sys = burrow::sys;

#if defined(BURROW_SWITCH)
long keepwide(burrow_context* from, const burrow_context* to, const long* p);
#endif

namespace {

namespace bc = boost::context::detail;

constexpr std::size_t kStack = 256 * 1024;

void* jumper() { return reinterpret_cast<void*>(&bc::jump_fcontext); }

void* newcontext(char* stack) {
  return bc::make_fcontext(
      stack + kStack, kStack,
      reinterpret_cast<void (*)(bc::transfer_t)>(&burrow_base));
}

// aligned says whether the compiler may rely on where the stack is.
[[gnu::noinline]] bool aligned() {
  alignas(16) volatile char here[16];
  here[0] = 1;
  return reinterpret_cast<std::uintptr_t>(&here) % 16 == 0;
}

// count adds one each time that it is jumped to, up to 1000, then ends.
burrow_transfer count(burrow_transfer t) {
  auto* n = static_cast<int*>(t.word);
  EXPECT_TRUE(aligned());
  while (*n < 1000) {
    ++*n;
    t = burrow_jump(t.context, n, jumper());
    EXPECT_EQ(t.word, n);
  }
  return {t.context, jumper()};
}

TEST(Jump, ThereAndBackAThousandTimes) {
  burrow_entry = count;
  const auto stack = std::make_unique<char[]>(kStack);
  int n = 0;
  burrow_transfer t{newcontext(stack.get()), nullptr};
  for (int i = 1; i <= 1000; i++) {
    t = burrow_jump(t.context, &n, jumper());
    ASSERT_EQ(n, i);
    ASSERT_EQ(t.word, &n);
  }
  // Once more: it ends, and its base comes back with no word.
  t = burrow_jump(t.context, &n, jumper());
  EXPECT_EQ(t.word, nullptr);
}

burrow_transfer throwsandcatches(burrow_transfer t) {
  try {
    throw std::runtime_error("on its own stack");
  } catch (const std::exception&) {
    *static_cast<bool*>(t.word) = true;
  }
  return {t.context, jumper()};
}

TEST(Jump, ExceptionsOnANewContext) {
  burrow_entry = throwsandcatches;
  const auto stack = std::make_unique<char[]>(kStack);
  bool caught = false;
  burrow_jump(newcontext(stack.get()), &caught, jumper());
  EXPECT_TRUE(caught);
}

// ---- Out of a function ----

// dives overwrites what a function has to keep, and does not return.
[[gnu::noinline]] void dives(burrow_recovery* r, int depth) {
  volatile double kept[8];
  for (int i = 0; i < 8; i++) kept[i] = depth * i;
  if (depth > 0 && kept[1] == depth) dives(r, depth - 1);
  burrow_recover(r);
}

TEST(Recover, OutOfAFunctionThatDoesNotReturn) {
  const volatile int start = 7;
  const int a = start * 3;
  const double b = start * 0.5;
  for (int i = 0; i < 100; i++) {
    burrow_recovery r;
    if (burrow_recoverable(&r) == 0) dives(&r, i);
    ASSERT_EQ(a, 21);
    ASSERT_EQ(b, 3.5);
  }
}

#if defined(BURROW_SWITCH)

// ---- Contexts of our own ----

burrow_context here, there;

void begin(const burrow_context* (*main)(), char* stack) {
  burrow_main = main;
  there = here = {};
  there.sp = stack + kStack;
  there.pc = reinterpret_cast<void*>(&burrow_begin);
  asm("stmxcsr %0" : "=m"(there.mxcsr));
  asm("fnstcw %0" : "=m"(there.fpcw));
}

int started;

const burrow_context* starts() {
  EXPECT_TRUE(aligned());
  ++started;
  return &here;
}

TEST(Switch, ANewContextRunsWhatItIsStartedWith) {
  const auto stack = std::make_unique<char[]>(kStack);
  here = {};
  started = 0;
  for (int i = 1; i <= 100; i++) {
    burrow_start(&here, stack.get() + kStack, starts);
    ASSERT_EQ(started, i);
  }
}

int counted;

const burrow_context* counts() {
  EXPECT_TRUE(aligned());
  while (counted < 1000) {
    ++counted;
    burrow_switch(&there, &here);
  }
  return &here;
}

TEST(Switch, ThereAndBackAThousandTimes) {
  const auto stack = std::make_unique<char[]>(kStack);
  begin(counts, stack.get());
  counted = 0;
  // What lives over the switch is kept by the compiler, or by nobody.
  volatile double half = 0.5;
  for (int i = 1; i <= 1000; i++) {
    burrow_switch(&here, &there);
    ASSERT_EQ(counted, i);
    ASSERT_EQ(half, 0.5);
  }
  burrow_switch(&here, &there);
  EXPECT_EQ(counted, 1000);
}

const burrow_context* overwrites() {
  for (;;) {
    asm volatile(
        "vpternlogd $255, %%zmm16, %%zmm16, %%zmm16\n\t"
        "vmovdqa64 %%zmm16, %%zmm17\n\tvmovdqa64 %%zmm16, %%zmm18\n\t"
        "vmovdqa64 %%zmm16, %%zmm19\n\tvmovdqa64 %%zmm16, %%zmm20\n\t"
        "vmovdqa64 %%zmm16, %%zmm21\n\tvmovdqa64 %%zmm16, %%zmm22\n\t"
        "vmovdqa64 %%zmm16, %%zmm23\n\tkxnorw %%k1, %%k1, %%k1\n\t"
        "kmovw %%k1, %%k2\n\tkmovw %%k1, %%k3\n\tkmovw %%k1, %%k4" ::
            : "memory");
    burrow_switch(&there, &here);
  }
}

TEST(Switch, NothingIsKeptInRegistersThatOthersOverwrite) {
  if (__builtin_cpu_supports("avx512f") == 0) GTEST_SKIP() << "no AVX-512";
  const auto stack = std::make_unique<char[]>(kStack);
  begin(overwrites, stack.get());
  const long p[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(keepwide(&here, &there, p), 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64);
}

const burrow_context* catches() {
  try {
    throw std::runtime_error("on its own stack");
  } catch (const std::exception&) {
    counted = 1;
  }
  return &here;
}

TEST(Switch, ExceptionsOnANewContext) {
  const auto stack = std::make_unique<char[]>(kStack);
  begin(catches, stack.get());
  counted = 0;
  burrow_switch(&here, &there);
  EXPECT_EQ(counted, 1);
}

// third divides where the compiler cannot, in the present rounding mode.
[[gnu::noinline]] float third() {
  volatile float one = 1, three = 3;
  return one / three;
}

std::uint16_t x87() {
  std::uint16_t w;
  asm volatile("fnstcw %0" : "=m"(w));
  return w;
}

const burrow_context* roundsdown() {
  for (int i = 0; i < 3; i++) {
    std::fesetround(FE_DOWNWARD);
    EXPECT_LT(third(), 1.0F / 3.0F);  // which the compiler rounds up
    burrow_switch(&there, &here);
    EXPECT_EQ(std::fegetround(), FE_DOWNWARD);
    // The x87's alone: rounding up, which SSE does not know of.
    const auto w = static_cast<std::uint16_t>((x87() & ~0xc00) | 0x800);
    asm volatile("fldcw %0" : : "m"(w));
    burrow_switch(&there, &here);
    EXPECT_EQ(x87(), w);
  }
  return &here;
}

TEST(Switch, ControlWordsBelongToTheContext) {
  const auto stack = std::make_unique<char[]>(kStack);
  begin(roundsdown, stack.get());
  const std::uint16_t mine = x87();
  for (int i = 0; i < 7; i++) {
    burrow_switch(&here, &there);
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
    EXPECT_EQ(x87(), mine);
  }
}

// findslocal walks the stack it is called on and looks for the frame of `parks`.
void* parkspc;

void findsparks(void* found) {
  _Unwind_Backtrace(
      [](_Unwind_Context* c, void* arg) {
        if (_Unwind_FindEnclosingFunction(
                reinterpret_cast<void*>(_Unwind_GetIP(c))) == parkspc)
          ++*static_cast<int*>(arg);
        return _URC_NO_REASON;
      },
      found);
  EXPECT_TRUE(aligned());
}

[[gnu::noinline]] const burrow_context* parks() {
  volatile int kept = 7;
  burrow_switch(&there, &here);
  counted = kept;
  return &here;
}

TEST(Switch, AVisitorSeesTheFramesAndLeavesThemAlone) {
  const auto stack = std::make_unique<char[]>(kStack);
  begin(parks, stack.get());
  parkspc = reinterpret_cast<void*>(&parks);
  burrow_switch(&here, &there);
  for (int i = 0; i < 100; i++) {
    int found = 0;
    burrow_ontop(&there, findsparks, &found);
    EXPECT_EQ(found, 1);
  }
  burrow_switch(&here, &there);
  EXPECT_EQ(counted, 7);
}

// What burrow_foresee has called.
struct {
  const void* a;
  void *b, *c;
  const void* from;
  int callers;  // of the function under test, as an unwinder sees them
} asked;

[[gnu::noinline]] int foresees(std::size_t d);

burrow_waited answers(const void* a, void* b, void* c, std::size_t d,
                      const void* from) noexcept {
  asked = {a, b, c, from, 0};
  parkspc = reinterpret_cast<void*>(&foresees);
  findsparks(&asked.callers);
  return {d / 2, d % 2 << 8 | 1};
}

// d % 2: it is to return by a jump.
int foresees(std::size_t d) {
  int kept[8];
  for (int& k : kept) k = counted + 1;
  const burrow_waited w = burrow_foresee(&asked, &here, &there, d, answers);
  int sum = 0;
  for (const int k : kept) sum += k;
  return (w.more & 0xff) == 1 && w.index == d / 2 ? sum : 0;
}

TEST(Switch, AForeseenReturnIsAReturn) {
  counted = 0;
  for (std::size_t d = 0; d < 1000; d++) {
    ASSERT_EQ(foresees(d), 8);
    ASSERT_EQ(asked.a, &asked);
    ASSERT_EQ(asked.b, &here);
    ASSERT_EQ(asked.c, &there);
    ASSERT_EQ(asked.callers, 1);
    ASSERT_EQ(_Unwind_FindEnclosingFunction(const_cast<void*>(asked.from)),
              reinterpret_cast<void*>(&foresees));
  }
  EXPECT_TRUE(burrow_foreseebool(nullptr, nullptr, nullptr, 3, answers));
  EXPECT_FALSE(burrow_foreseebool(nullptr, nullptr, nullptr, 1, answers));
}

#endif

// ---- A fault becomes an exception ----

struct fault {};

void handler(int, void*, void* context) {
  sys::sigctxt_unjump(context);
  if (!sys::sigctxt_inject(context, 0, 0)) ::_exit(3);
}

void injected() { throw fault{}; }

// Its return address may be in a register alone.
[[gnu::noinline]] int leaf(const volatile int* p) { return *p; }

[[gnu::noinline]] int deeper(const volatile int* p) { return leaf(p) + 1; }

struct faults : testing::Test {
  faults() {
    sys::siginit(handler, injected);
    sys::setsig(SIGSEGV, sys::ourdisp(), &old_);
  }
  ~faults() override { sys::setsig(SIGSEGV, old_, nullptr); }

 private:
  sys::sigdisp old_;
};

TEST_F(faults, ABadAddressInALeafIsCaughtByItsCallersCaller) {
  const volatile int* volatile nowhere = nullptr;
  // Or the compiler finds out that none of it throws, and does not catch here.
  int (*volatile f)(const volatile int*) = deeper;
  for (int i = 0; i < 100; i++) {
    std::string kept = "destroyed on the way, and what callers kept is kept";
    EXPECT_THROW(f(nowhere), fault);
    EXPECT_EQ(kept.size(), 51u);
  }
}

TEST_F(faults, ACallToNowhere) {
  void (*volatile nowhere)() = nullptr;
  for (int i = 0; i < 100; i++) EXPECT_THROW(nowhere(), fault);
}

}  // namespace
