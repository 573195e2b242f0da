// tests/support/gotest.h - GoogleTest tests whose body is a main goroutine.
//
//   GO_TEST(Chan, RecvAfterCloseDrainsThenNullopt) {
//     auto c = burrow::make_chan<int>(1);
//     ...
//     EXPECT_EQ(c.recv(), std::nullopt);
//   }
//
// makes three tests, Chan.RecvAfterCloseDrainsThenNullopt_1, _2 and _8: the body
// runs as the main goroutine of a run with that maxprocs. A fatal assertion
// (ASSERT_*) ends the function it stands in, so in a goroutine it ends that
// goroutine only; SCOPED_TRACE belongs to a thread and must not be held over a
// call that may block.
//
// Rejected: TEST_P. It needs an instantiation for each suite and cannot share a
// suite with plain tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "burrow/burrow.h"

namespace burrow::testsupport {

// run_main runs body as the main goroutine with maxprocs ps, and fails the
// calling test if the run ends with anything but 0.
inline void run_main(int maxprocs, void (*body)()) {
  EXPECT_EQ(burrow::run(body, burrow::options{.maxprocs = maxprocs}), 0);
}

// nap blocks the thread, of which burrow is not told.
inline void nap(std::chrono::nanoseconds d) { std::this_thread::sleep_for(d); }

// compute keeps its processor busy, without a word to burrow.
inline void compute(std::chrono::nanoseconds d) {
  const auto end = std::chrono::steady_clock::now() + d;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// turntakers are n goroutines that compute and yield, turn by turn, until they are
// destroyed, which waits for their end.
class turntakers {
 public:
  explicit turntakers(
      int n, std::chrono::nanoseconds turn = std::chrono::microseconds(500)) {
    for (int i = 0; i < n; ++i)
      all_.go([this, turn] {
        while (!stop_) {
          compute(turn);
          ++turns_;
          yield();
        }
      });
  }
  ~turntakers() {
    stop_ = true;
    all_.wait();
  }
  turntakers(const turntakers&) = delete;
  turntakers& operator=(const turntakers&) = delete;

  // turns is how many they have had, all together.
  int turns() const { return turns_; }

 private:
  std::atomic<int> turns_{0};
  std::atomic<bool> stop_{false};
  wait_group all_;
};

// settle gives everybody else ample opportunity to come to where he blocks, or
// to do what he should not. No test's result depends on it, only how much the
// test sees.
inline void settle() {
  for (int i = 0; i < 300; ++i) yield();
}

// await_others returns when all other goroutines have ended, and those whose
// timer fires just now: what one owns whose run ends before it does is lost, and
// a leak checker would blame the test for it.
inline void await_others() {
  sleep_for(std::chrono::milliseconds(2));
  while (num_goroutine() > 1) yield();
}

// panictext returns what f panics with; "" if it does not.
template <class F>
std::string panictext(F f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "";
}

}  // namespace burrow::testsupport

#define GO_TEST(Suite, Name)                                   \
  static void Suite##_##Name##_body();                         \
  TEST(Suite, Name##_1) {                                      \
    ::burrow::testsupport::run_main(1, Suite##_##Name##_body); \
  }                                                            \
  TEST(Suite, Name##_2) {                                      \
    ::burrow::testsupport::run_main(2, Suite##_##Name##_body); \
  }                                                            \
  TEST(Suite, Name##_8) {                                      \
    ::burrow::testsupport::run_main(8, Suite##_##Name##_body); \
  }                                                            \
  static void Suite##_##Name##_body()
