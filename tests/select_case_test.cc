// tests/select_case_test.cc - the cases of select: values, handlers, spans.
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "burrow/chan.h"
#include "burrow/select.h"
#include "tests/support/chantest.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace testsupport;

// What happens to the value of a send.

GO_TEST(SelectValue, CopyableLvalueIsCopied) {
  auto c = make_chan<std::string>(1);
  const std::string fixed(100, 'f');
  std::string s(100, 's');
  select(send(c, s), recv(chan<int>()));
  EXPECT_EQ(c.recv(), s);
  select(send(c, fixed));
  EXPECT_EQ(c.recv(), fixed);
  select(send(c, "literal"));
  EXPECT_EQ(c.recv(), "literal");
}

GO_TEST(SelectValue, RvalueIsMovedOnlyIfItsCaseRan) {
  auto ready = make_chan<std::string>(1), not_ready = make_chan<std::string>();
  std::string s(100, 's'), kept(100, 'k');
  EXPECT_EQ(select(send(not_ready, std::move(kept)), send(ready, std::move(s))),
            1u);
  EXPECT_EQ(kept.size(), 100u);  // NOLINT
  EXPECT_EQ(s.size(), 0u);       // NOLINT
  EXPECT_EQ(select(send(not_ready, std::move(kept)), otherwise()), 1u);
  EXPECT_EQ(kept.size(), 100u);  // NOLINT
  EXPECT_EQ(ready.recv()->size(), 100u);
}

GO_TEST(SelectValue, MoveOnlyLvalueIsMovedOnlyIfItsCaseRan) {
  balance b;
  auto ready = make_chan<counted>(1), not_ready = make_chan<counted>();
  counted x(1), y(2);
  EXPECT_EQ(select(send(not_ready, x), send(ready, y)), 1u);
  EXPECT_EQ(x.v, 1);
  EXPECT_EQ(y.v, counted::kGone);
  EXPECT_EQ(select(send(not_ready, x), otherwise()), 1u);
  EXPECT_EQ(x.v, 1);
  EXPECT_EQ(select(send(not_ready, counted(3)), otherwise()), 1u);
}

GO_TEST(SelectValue, EveryValueIsDestroyedOnce) {
  balance b;
  auto c = make_chan<counted>(), d = make_chan<counted>(2);
  group g;
  g.go([c, d] {
    for (int i = 0; i < 500; ++i) select(send(c, counted(i)), recv(d));
  });
  for (int i = 0; i < 500; ++i) {
    counted mine(1000);
    std::optional<counted> out;
    const std::size_t ran = select(recv(c, out), send(d, mine));
    EXPECT_EQ(out.has_value(), ran == 0);
    EXPECT_EQ(mine.v == 1000, ran == 0);
  }
  g.wait();  // takes what is left in d
  EXPECT_EQ(d.len(), 0u);
}

// Handlers.

GO_TEST(SelectHandler, MayTakeTheValueOrNothingOrReturnSomething) {
  auto c = make_chan<std::unique_ptr<int>>(3);
  for (int i = 0; i < 3; ++i) c.send(std::make_unique<int>(i));
  int got = -1, calls = 0;
  select(recv(c, [&](std::optional<std::unique_ptr<int>> v) { got = **v; }));
  EXPECT_EQ(got, 0);
  select(recv(c, [&] { return ++calls; }), recv(chan<int>()));
  EXPECT_EQ(calls, 1);
  select(recv(c, [&](auto v) { got = **v; }), otherwise());
  EXPECT_EQ(got, 2);
  select(send(c, nullptr, [&] { ++calls; }));
  EXPECT_EQ(calls, 2);
}

GO_TEST(SelectHandler, LvalueHandlerIsNotCopied) {
  struct counter {
    int n = 0;
    counter() = default;
    counter(const counter&) = delete;
    void operator()() { ++n; }
  } h;
  auto c = make_chan<int>(1);
  select(send(c, 1, h), otherwise(h));
  select(send(c, 1, h), otherwise(h));
  select(recv(c, h));
  EXPECT_EQ(h.n, 3);
}

GO_TEST(SelectHandler, RunsUnlockedSoItMayBlockAndThrow) {
  auto a = make_chan<int>(1), b = make_chan<int>();
  a.send(1);
  select(recv(a,
              [&] {
                a.send(2);
                select(recv(a), recv(b));
              }),
         recv(b));
  EXPECT_EQ(a.len(), 0u);
  a.send(1);
  EXPECT_THROW(select(recv(a, [] { throw std::logic_error("mine"); }), recv(b)),
               std::logic_error);
  EXPECT_EQ(a.len(), 0u);
  EXPECT_TRUE(a.try_send(1));
}

GO_TEST(SelectHandler, CaseKeepsATemporaryChannel) {
  auto make = [] {
    auto c = make_chan<int>(1);
    c.send(3);
    return recv_chan<int>(c);
  };
  std::optional<int> got;
  auto kept = recv(make(), got);
  EXPECT_EQ(select(kept, recv(make_chan<int>())), 0u);
  EXPECT_EQ(got, 3);
}

// Spans.

GO_TEST(SelectSpan, ChoosesAsTheOther) {
  for (std::size_t n : {1, 2, 3, 16, 17, 100}) {
    std::vector<chan<int>> c;
    std::vector<select_case> cases;
    std::size_t ran = n, value = n;
    for (std::size_t i = 0; i < n; ++i) {
      c.push_back(make_chan<int>());
      cases.push_back(recv(c[i], [&ran, &value, i](std::optional<int> v) {
        ran = i;
        value = static_cast<std::size_t>(*v);
      }));
    }
    for (std::size_t i = 0; i < n; ++i) {
      go([ch = c[i], i] {
        await_waiters(ch, 1);
        ch.send(static_cast<int>(i));
      });
      EXPECT_EQ(select(cases), i);
      EXPECT_EQ(ran, i);
      EXPECT_EQ(value, i);
    }
    cases.push_back(otherwise([&ran] { ran = 1000; }));
    EXPECT_EQ(select(cases), n);
    EXPECT_EQ(ran, 1000u);
  }
}

GO_TEST(SelectSpan, CaseOwnsWhatItNeeds) {
  balance b;
  std::optional<select_case> kept;
  auto d = make_chan<counted>(1);
  {
    auto c = make_chan<counted>(1);
    counted v(5);
    std::string text(100,
                     'x');  // a handler that is too big for the small buffer
    std::array<char, 200> bulk{};
    auto handler = [text, bulk] { EXPECT_EQ(text.size() + bulk.size(), 300u); };
    kept.emplace(send(d, v, handler));
    EXPECT_EQ(v.v, counted::kGone);
    select_case other = recv(c, handler);
    other = std::move(*kept);
    *kept = std::move(other);
  }
  EXPECT_EQ(select({&*kept, 1}), 0u);
  EXPECT_EQ(d.recv()->v, 5);
  d.close();
  EXPECT_EQ(panictext([&] { select({&*kept, 1}); }), "send on closed channel");
}

GO_TEST(SelectSpan, SendThatDidNotRunCanRunLater) {
  balance b;
  auto c = make_chan<counted>(1);
  c.send(counted(1));
  std::array<select_case, 2> cases{send(c, counted(2)), otherwise()};
  EXPECT_EQ(select(cases), 1u);
  EXPECT_EQ(c.recv()->v, 1);
  EXPECT_EQ(select(cases), 0u);
  EXPECT_EQ(c.recv()->v, 2);
}

GO_TEST(SelectSpan, SecondOtherwiseIsALogicError) {
  select_case cases[] = {otherwise(), recv(chan<int>()), otherwise()};
  EXPECT_THROW(select(cases), std::logic_error);
}

GO_TEST(SelectSpan, MovedFromCaseIsNeverReady) {
  auto c = make_chan<int>(2);
  c.send(1);
  std::vector<select_case> cases;
  cases.push_back(recv(c));
  cases.push_back(send(c, 2));
  select_case taken = std::move(cases[0]);
  EXPECT_EQ(select(cases), 1u);
}

}  // namespace
}  // namespace burrow
