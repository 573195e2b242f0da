// tests/select_test.cc - select: choice, values, handlers, errors, spans.
//
// The system headers come first, and the test says using namespace burrow: select,
// send and recv of the system must still be callable.
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "burrow/chan.h"
#include "burrow/select.h"
#include "tests/support/chantest.h"
#include "tests/support/gotest.h"

using namespace burrow;  // NOLINT: that is what is tested

namespace {

using namespace burrow::testsupport;

template <class C>
concept can_recv_case = requires(C c) { recv(c); };
template <class C, class V>
concept can_send_case = requires(C c, V v) { send(c, std::move(v)); };
template <class C, class H>
concept can_handle = requires(C c, H h) { recv(c, h); };
static_assert(can_recv_case<chan<int>> && can_recv_case<recv_chan<int>> &&
              !can_recv_case<send_chan<int>> && !can_recv_case<int>);
static_assert(can_send_case<chan<int>, int> &&
              can_send_case<send_chan<int>, int> &&
              !can_send_case<recv_chan<int>, int> &&
              !can_send_case<chan<int>, std::string>);
static_assert(can_handle<chan<int>, void (*)(std::optional<int>)> &&
              can_handle<chan<int>, void (*)()> &&
              !can_handle<chan<int>, void (*)(std::string)>);

TEST(SelectNames, DoNotClashWithTheSystems) {
  fd_set none;
  FD_ZERO(&none);
  timeval now{0, 0};
  EXPECT_EQ(select(0, &none, nullptr, nullptr, &now), 0);
  EXPECT_EQ(select(0, 0, 0, 0, &now), 0);
  char byte = 0;
  EXPECT_EQ(send(-1, &byte, 1, 0), -1);
  EXPECT_EQ(recv(-1, &byte, 1, 0), -1);
}

GO_TEST(Select, TakesTheReadyCaseAndReturnsItsIndex) {
  auto a = make_chan<int>(1), b = make_chan<int>(1), full = make_chan<int>(1);
  full.send(0);
  b.send(7);
  std::optional<int> got;
  EXPECT_EQ(select(recv(a), recv(b, got), send(full, 1)), 1u);
  EXPECT_EQ(got, 7);
  EXPECT_EQ(select(recv(b), send(a, 3), send(full, 1)), 1u);
  EXPECT_EQ(a.recv(), 3);
  EXPECT_EQ(select(otherwise(), recv(a), recv(b)), 0u);
  EXPECT_EQ(select(recv(a), otherwise(), recv(b)), 1u);
  EXPECT_EQ(select(otherwise()), 0u);
  EXPECT_EQ(select(recv(full)), 0u);
  EXPECT_EQ(full.len(), 0u);
}

GO_TEST(Select, OneCaseWithDefault) {
  for (std::size_t cap : {0, 1}) {
    auto c = make_chan<int>(cap);
    int ran = 0;
    EXPECT_EQ(select(recv(c, [&] { ran = 1; }), otherwise([&] { ran = 2; })),
              1u);
    EXPECT_EQ(ran, 2);
    EXPECT_EQ(select(otherwise(), send(c, 5)), cap == 0 ? 0u : 1u);
    c.close();
    std::optional<int> got = 1;
    if (cap == 1) {
      EXPECT_EQ(select(recv(c, got), otherwise()), 0u);
      EXPECT_EQ(got, 5);
    }
    EXPECT_EQ(select(recv(c, got), otherwise()), 0u) << "closed is ready";
    EXPECT_EQ(got, std::nullopt);
  }
}

GO_TEST(Select, BlocksUntilACaseIsReady) {
  auto a = make_chan<int>();
  auto b = make_chan<std::string>();
  go([a, b] {
    await_waiters(a, 1);
    b.send("b");
  });
  std::optional<std::string> got;
  EXPECT_EQ(select(recv(a), recv(b, got)), 1u);
  EXPECT_EQ(got, "b");
  EXPECT_EQ(waiters(a), 0) << "the loser is still queued";
  group g;
  g.go([a, b] {
    await_waiters(b, 1);
    EXPECT_EQ(a.recv(), 9);
  });
  EXPECT_EQ(select(recv(b), send(a, 9)), 1u);
  EXPECT_EQ(waiters(b), 0);
  g.wait();
}

GO_TEST(Select, WaitsAsLongInTheQueueAsAnyOther) {
  auto c = make_chan<int>(), other = make_chan<int>();
  std::atomic<int> first{0};
  group g;
  g.go([&, c, other] {
    select(recv(other), recv(c, [&](std::optional<int> v) { first = *v; }));
  });
  await_waiters(c, 1);
  g.go([c] { EXPECT_EQ(c.recv(), 2); });
  await_waiters(c, 2);
  c.send(1);
  c.send(2);
  g.wait();
  EXPECT_EQ(first, 1);
}

GO_TEST(Select, ClosedChannelIsReadyToReceive) {
  auto a = make_chan<int>(), b = make_chan<int>();
  go([a, b] {
    await_waiters(a, 1);
    b.close();
  });
  std::optional<int> got = 1;
  EXPECT_EQ(select(recv(a), recv(b, got)), 1u);  // while it waits
  EXPECT_FALSE(got);
  EXPECT_EQ(select(recv(a), recv(b)), 1u);  // at once
  EXPECT_EQ(select(recv(a), recv(b), otherwise()), 1u);
}

GO_TEST(Select, SendOnClosedPanicsWithAllUnlocked) {
  auto a = make_chan<std::unique_ptr<int>>();
  auto b = make_chan<int>();
  auto p = std::make_unique<int>(1);
  go([a, b] {
    await_waiters(b, 1);
    a.close();
  });
  for (int i = 0; i < 2; ++i) {  // while it waits, and at once
    EXPECT_EQ(panictext([&] { select(send(a, p), recv(b)); }),
              "send on closed channel");
    EXPECT_TRUE(p);
  }
  EXPECT_EQ(panictext([&] { select(send(a, p), otherwise()); }),
            "send on closed channel");
  EXPECT_EQ(panictext([&] { select(send(a, p)); }), "send on closed channel");
  EXPECT_FALSE(b.try_recv());
  EXPECT_FALSE(a.try_recv());
  EXPECT_EQ(waiters(b), 0);
}

GO_TEST(Select, NilIsNeverReady) {
  chan<int> nil;
  auto c = make_chan<int>(1);
  EXPECT_EQ(select(recv(nil), send(nil, 1), otherwise()), 2u);
  EXPECT_EQ(select(recv(nil), otherwise()), 1u);
  EXPECT_EQ(select(recv(nil), send(c, 1), send(nil, 1)), 1u);
  static std::atomic<int> passed{0};
  passed = 0;
  go([nil] {
    select(recv(nil), send(nil, 1));
    ++passed;
  });
  go([nil] {
    select(recv(nil));
    ++passed;
  });
  go([] {
    select();
    ++passed;
  });
  go([] {
    select(std::span<select_case>());
    ++passed;
  });
  settle();
  EXPECT_EQ(passed, 0);
}

// Four ready cases, 8,000 times: each has 2,000, sigma 39.
GO_TEST(Select, ChoiceIsUniform) {
  std::array<chan<int>, 4> c;
  std::array<int, 5> hits{};
  for (auto& x : c) x = make_chan<int>(1);
  auto nobody = make_chan<int>();
  for (int i = 0; i < 8000; ++i) {
    for (auto& x : c) x.try_send(0);
    ++hits[select(recv(c[0]), recv(nobody), recv(c[1]), recv(c[2]),
                  recv(c[3]))];
  }
  EXPECT_EQ(hits[1], 0);
  for (std::size_t i : {0, 2, 3, 4}) {
    EXPECT_GT(hits[i], 1700) << i;
    EXPECT_LT(hits[i], 2300) << i;
  }
}

// Go's TestSelectFairness: two that are always ready among two that never are.
GO_TEST(Select, NoReadyCaseStarves) {
  constexpr int kN = 2000;
  auto a = make_chan<int>(kN), b = make_chan<int>(kN);
  auto never = make_chan<int>(), out = make_chan<int>();
  for (int i = 0; i < kN; ++i) {
    a.send(0);
    b.send(1);
  }
  auto stop = make_chan<unit>();
  group g;
  g.go([=] {
    std::optional<int> v;
    do {
      select(recv(never, v), recv(a, v), recv(never, v), recv(b, v));
    } while (select(recv(stop), send(out, *v)) == 1);
  });
  int ones = 0;
  for (int i = 0; i < kN; ++i) ones += *out.recv();
  stop.close();
  g.wait();
  EXPECT_GT(ones, kN / 2 - 250);  // sigma is 22
  EXPECT_LT(ones, kN / 2 + 250);
}

// Both when the receiver waits and when the select does. Sigma is 16.
GO_TEST(Select, PseudoRandomSend) {
  constexpr int kN = 1000;
  for (std::size_t cap : {0, 100}) {
    auto c = make_chan<int>(cap);
    go([c] {
      for (int i = 0; i < kN; ++i) select(send(c, 0), send(c, 1));
    });
    int ones = 0;
    for (int i = 0; i < kN; ++i) ones += *c.recv();
    EXPECT_GT(ones, kN / 2 - 150);
    EXPECT_LT(ones, kN / 2 + 150);
  }
}

GO_TEST(Select, DuplicateChannels) {
  auto c = make_chan<int>();
  std::array<int, 4> hits{};
  group g;
  g.go([c] {
    for (int i = 0; i < 400; ++i) {
      if (i % 2 == 0) await_waiters(c, 4);  // all four cases are queued
      c.send(i);
    }
  });
  for (int i = 0; i < 400; ++i) {
    std::optional<int> got;
    ++hits[select(recv(c, got), recv(c, got), recv(c, got), recv(c, got))];
    EXPECT_EQ(got, i);
  }
  g.wait();
  EXPECT_EQ(waiters(c), 0);
  for (int n : hits) {  // 100 each, sigma 8.7
    EXPECT_GT(n, 30);
    EXPECT_LT(n, 170);
  }
}

// Go's TestSelfSelect: two that send and receive on one channel in one select.
// Unbuffered, each step of one is a step of the other, so both end.
GO_TEST(Select, NeverTalksToItself) {
  for (std::size_t cap : {0, 10}) {
    auto c = make_chan<int>(cap);
    group g;
    for (int me = 0; me < 2; ++me) {
      g.go([c, me, cap] {
        auto check = [=](std::optional<int> v) {
          EXPECT_TRUE(cap != 0 || *v != me);
        };
        for (int i = 0; i < 1000; ++i) {
          if (me == 0 || i % 2 == 0) {
            select(send(c, me), recv(c, check), recv(c, check));
          } else {
            select(recv(c, check), send(c, me));
          }
        }
      });
    }
    g.wait();
    EXPECT_EQ(waiters(c), 0);
  }
}

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
  select(recv(a, [&] {
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
    std::string text(100, 'x');  // a handler that is too big for the small buffer
    std::array<char, 200> bulk{};
    auto handler = [text, bulk] {
      EXPECT_EQ(text.size() + bulk.size(), 300u);
    };
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
