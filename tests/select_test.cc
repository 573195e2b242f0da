// tests/select_test.cc - select: choice, values, handlers, errors, spans.
//
// The system headers come first, and the test says using namespace burrow:
// select, send and recv of the system must still be callable.
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

}  // namespace
