// tests/terminate_test.cc - whose terminate handler is set, and when.

#include <gtest/gtest.h>

#include <exception>

#include "burrow/go.h"

namespace {

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

}  // namespace
