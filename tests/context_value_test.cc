// tests/context_value_test.cc - values that contexts carry.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "burrow/context.h"
#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::background;
using burrow::context;

struct key {
  int n;
  friend bool operator==(const key&, const key&) = default;
};
struct otherkey {
  int n;
  friend bool operator==(const otherkey&, const otherkey&) = default;
};

TEST(ContextValue, MatchedByTypeAndValueOfTheKey) {
  const context a = burrow::with_value(background(), key{1}, 10);
  const context b = burrow::with_value(a, otherkey{1}, 20);
  const context c = burrow::with_value(b, 1, std::string("thirty"));
  EXPECT_EQ(c.value<int>(key{1}), 10);
  EXPECT_EQ(c.value<int>(otherkey{1}), 20);
  EXPECT_EQ(c.value<std::string>(1), "thirty");
  EXPECT_EQ(c.value<int>(key{2}), std::nullopt);
  EXPECT_EQ(c.value<int>(1L), std::nullopt);
  EXPECT_EQ(a.value<int>(otherkey{1}), std::nullopt);
}

TEST(ContextValue, TheNearestCountsAndHidesOthers) {
  const context a = burrow::with_value(background(), 1, 10);
  const context b = burrow::with_value(a, 1, std::string("x"));
  EXPECT_EQ(a.value<int>(1), 10);
  EXPECT_EQ(b.value<std::string>(1), "x");
  EXPECT_EQ(b.value<int>(1), std::nullopt);  // of another type
}

TEST(ContextValue, TextKeysAreText) {
  char buffer[] = "user";
  const context ctx = burrow::with_value(background(), buffer, "ann");
  buffer[0] = 'X';
  EXPECT_EQ(ctx.value<std::string>("user"), "ann");
  EXPECT_EQ(ctx.value<std::string_view>(std::string("user")), "ann");
  EXPECT_STREQ(ctx.value<const char*>(std::string_view("user")).value(), "ann");
  EXPECT_FALSE(ctx.value<std::string>("Xser"));
}

GO_TEST(ContextValue, SeenThroughEveryKindOfContext) {
  auto v = burrow::with_value(background(), key{1}, 7);
  auto c = burrow::with_cancel(v).first;
  auto t = burrow::with_timeout(c, 1h).first;
  auto w = burrow::without_cancel(t);
  auto w2 = burrow::with_value(w, key{2}, 8);
  EXPECT_EQ(w2.value<int>(key{1}), 7);
  EXPECT_EQ(w2.value<int>(key{2}), 8);
}

TEST(ContextValue, AMillionDeep) {
  context ctx = burrow::with_value(background(), -1, 42);
  for (int i = 0; i < 1'000'000; ++i) ctx = burrow::with_value(ctx, i, i);
  EXPECT_EQ(ctx.value<int>(999'999), 999'999);
  EXPECT_EQ(ctx.value<int>(-1), 42);
  ctx = {};  // no recursion
}

GO_TEST(ContextValue, DestroyedWithTheLastContext) {
  auto live = std::make_shared<int>(3);
  const std::weak_ptr<int> weak = live;
  auto ctx = burrow::with_value(background(), 1, std::move(live));
  auto [child, cancel] = burrow::with_cancel(ctx);
  ctx = {};
  EXPECT_EQ(*child.value<std::shared_ptr<int>>(1).value(), 3);
  child = {};
  EXPECT_FALSE(weak.expired());  // cancel still has it
  cancel = {};
  EXPECT_TRUE(weak.expired());
}

}  // namespace
