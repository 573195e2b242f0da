// tests/defer_test.cc - actions at the end of a scope.
#include <stdexcept>
#include <string>
#include <type_traits>

#include "burrow/defer.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace testsupport;

using plain = defer<void (*)()>;
static_assert(!std::is_copy_constructible_v<plain>);
static_assert(!std::is_nothrow_destructible_v<plain>);
static_assert(std::is_nothrow_destructible_v<defer<void (*)() noexcept>>);

GO_TEST(Defer, RunsAtTheEndInReverseOrder) {
  std::string s;
  {
    defer a{[&] { s += 'a'; }};
    defer b{[&] { s += 'b'; }};
    s += '-';
  }
  EXPECT_EQ(s, "-ba");
}

GO_TEST(Defer, RunsWhileUnwindingAndMayBlock) {
  auto c = make_chan<int>();
  go([c] { c.send(1); });
  int got = 0;
  try {
    defer d{[&] { got = *c.recv(); }};
    throw std::runtime_error("x");
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "x");
  }
  EXPECT_EQ(got, 1);
}

GO_TEST(Defer, RunsAtGoexit) {
  wait_group wg;
  wg.add(1);
  go([&] {
    defer d{[&] { wg.done(); }};
    goexit();
  });
  wg.wait();
}

GO_TEST(Defer, ItsExceptionGoesOn) {
  bool reached = false;
  try {
    defer first{[&] { reached = true; }};
    defer d{[] { throw std::runtime_error("from defer"); }};
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "from defer");
  }
  EXPECT_TRUE(reached);
}

}  // namespace
}  // namespace burrow
