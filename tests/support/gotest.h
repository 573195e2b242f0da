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

#include "burrow/burrow.h"

namespace burrow::testsupport {

// run_main runs body as the main goroutine with maxprocs ps, and fails the
// calling test if the run ends with anything but 0.
inline void run_main(int maxprocs, void (*body)()) {
  EXPECT_EQ(burrow::run(body, burrow::options{.maxprocs = maxprocs}), 0);
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
