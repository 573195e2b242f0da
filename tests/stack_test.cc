// tests/stack_test.cc - the memory of goroutines' stacks.

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"
#include "tests/support/sanitizer.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;

// residentbytes is the memory that this process has.
long residentbytes() {
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

[[gnu::noinline]] void usestack() {
  char deep[16 * 1024];
  std::memset(deep, 1, sizeof deep);
  asm volatile("" : : "r"(deep) : "memory");
}

// What a burst of goroutines took is given back when they have ended.
GO_TEST(Stack, MemoryIsGivenBackAfterABurst) {
  if (testsupport::watched()) GTEST_SKIP() << "freed memory is kept";
  constexpr int kMany = 4'000;
  // Of the first of the three: the next finds some of its stacks still there.
  static const long before = residentbytes();
  auto gate = make_chan<unit>();
  wait_group parked, ended;
  parked.add(kMany);
  ended.add(kMany);
  for (int i = 0; i < kMany; i++)
    go([&, gate] {
      usestack();
      parked.done();
      gate.recv();
      ended.done();
    });
  parked.wait();
  const long most = residentbytes();
  EXPECT_GT(most - before, 16L * 1024 * kMany);
  gate.close();
  ended.wait();
  for (int i = 0; i < 300 && residentbytes() - before > (most - before) / 2;
       i++)
    sleep_for(100ms);
  EXPECT_LT(residentbytes() - before, (most - before) / 2);
}

}  // namespace
}  // namespace burrow
