// tests/chan_test.cc - channels: order, blocking, closing, nil, element types.
#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "burrow/chan.h"
#include "tests/support/chantest.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace testsupport;

// What can be used how is decided when it is compiled.
template <class C>
concept can_recv = requires(const C c) { c.recv(); };
template <class C, class T>
concept can_send = requires(const C c, T v) { c.send(std::move(v)); };
template <class C>
concept can_close = requires(const C c) { c.close(); };

static_assert(can_recv<chan<int>> && can_send<chan<int>, int> &&
              can_close<chan<int>>);
static_assert(can_recv<recv_chan<int>> && !can_send<recv_chan<int>, int> &&
              !can_close<recv_chan<int>>);
static_assert(!can_recv<send_chan<int>> && can_send<send_chan<int>, int> &&
              can_close<send_chan<int>>);
static_assert(std::is_convertible_v<chan<int>, send_chan<int>> &&
              std::is_convertible_v<chan<int>, recv_chan<int>>);
static_assert(!std::is_convertible_v<send_chan<int>, chan<int>> &&
              !std::is_convertible_v<recv_chan<int>, chan<int>> &&
              !std::is_convertible_v<send_chan<int>, recv_chan<int>> &&
              !std::is_convertible_v<recv_chan<int>, send_chan<int>> &&
              !std::is_convertible_v<chan<int>, recv_chan<long>>);
static_assert(sizeof(chan<std::string>) == sizeof(void*));
static_assert(!std::is_convertible_v<chan<int>, bool>);
static_assert(std::input_iterator<decltype(chan<int>().begin())>);
static_assert(std::input_iterator<decltype(chan<counted>().begin())>);

GO_TEST(Chan, ValuesArriveInTheOrderOfSending) {
  constexpr int kN = 1000;
  for (std::size_t cap : {0, 1, 2, 10, 1000}) {
    auto c = make_chan<int>(cap);
    go([c] {
      for (int i = 0; i < kN; ++i) c.send(i);
      c.close();
    });
    int want = 0;
    for (int v : c) EXPECT_EQ(v, want++);
    EXPECT_EQ(want, kN);
  }
}

GO_TEST(Chan, WaitingReceiversAreServedFirstComeFirstServed) {
  auto c = make_chan<int>();
  std::array<int, 8> got{};
  group g;
  for (int i = 0; i < 8; ++i) {
    g.go([&got, c, i] { got[static_cast<std::size_t>(i)] = *c.recv(); });
    await_waiters(c, i + 1);
  }
  for (int i = 0; i < 8; ++i) c.send(i);
  g.wait();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

GO_TEST(Chan, WaitingSendersAreServedFirstComeFirstServed) {
  for (std::size_t cap : {0, 3}) {
    auto c = make_chan<int>(cap);
    for (std::size_t i = 0; i < cap; ++i) c.send(-1);
    for (int i = 0; i < 8; ++i) {
      go([c, i] { c.send(i); });
      await_waiters(c, i + 1);
    }
    for (std::size_t i = 0; i < cap; ++i) EXPECT_EQ(c.recv(), -1);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(c.recv(), i);
  }
}

GO_TEST(Chan, ReceiveBlocksUntilSend) {
  auto c = make_chan<int>();
  std::atomic<bool> done{false};
  group g;
  g.go([&, c] {
    EXPECT_EQ(c.recv(), 5);
    done = true;
  });
  settle();
  EXPECT_FALSE(done);
  c.send(5);
  g.wait();
  EXPECT_TRUE(done);
}

GO_TEST(Chan, SendBlocksUntilReceiveOrRoom) {
  auto c = make_chan<int>(1);
  c.send(1);
  std::atomic<bool> done{false};
  group g;
  g.go([&, c] {
    c.send(2);
    done = true;
  });
  settle();
  EXPECT_FALSE(done);
  EXPECT_EQ(c.recv(), 1);
  g.wait();
  EXPECT_EQ(c.recv(), 2);
}

GO_TEST(Chan, CloseDrainsThenGivesNullopt) {
  auto c = make_chan<int>(3);
  c.send(1);
  c.send(2);
  c.close();
  EXPECT_EQ(c.len(), 2u);
  EXPECT_EQ(c.recv(), 1);
  EXPECT_EQ(c.try_recv(), 2);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(c.recv(), std::nullopt);
    EXPECT_EQ(c.try_recv(), std::nullopt);
  }
}

GO_TEST(Chan, CloseWakesAllReceivers) {
  auto c = make_chan<std::string>();
  group g;
  for (int i = 0; i < 5; ++i) g.go([c] { EXPECT_FALSE(c.recv()); });
  await_waiters(c, 5);
  c.close();
  g.wait();
}

GO_TEST(Chan, CloseMakesWaitingSendersPanicAndFreesTheirValues) {
  balance b;
  {
    auto c = make_chan<counted>(1);
    c.send(counted(0));
    group g;
    for (int i = 1; i <= 5; ++i) {
      g.go([c, i] {
        EXPECT_EQ(panictext([&] { c.send(counted(i)); }),
                  "send on closed channel");
      });
    }
    await_waiters(c, 5);
    c.close();
    g.wait();
    EXPECT_EQ(counted::values, 1);
    EXPECT_EQ(c.recv()->v, 0);
    EXPECT_FALSE(c.recv());
  }
}

GO_TEST(Chan, PanicTexts) {
  auto c = make_chan<int>(1);
  c.close();
  EXPECT_EQ(panictext([&] { c.close(); }), "close of closed channel");
  EXPECT_EQ(panictext([&] { c.send(1); }), "send on closed channel");
  EXPECT_EQ(panictext([&] { c.try_send(1); }), "send on closed channel");
  EXPECT_EQ(panictext([&] { chan<int>().close(); }), "close of nil channel");
  EXPECT_EQ(panictext([&] { send_chan<int>(c).close(); }),
            "close of closed channel");
}

GO_TEST(Chan, NilNeverIsReady) {
  chan<int> nil;
  EXPECT_FALSE(nil);
  EXPECT_EQ(nil.len(), 0u);
  EXPECT_EQ(nil.cap(), 0u);
  EXPECT_FALSE(nil.try_send(1));
  EXPECT_FALSE(nil.try_recv());
  static std::atomic<int> passed{0};
  passed = 0;
  go([nil] {
    nil.send(1);
    ++passed;
  });
  go([nil] {
    nil.recv();
    ++passed;
  });
  settle();
  EXPECT_EQ(passed, 0);
}

GO_TEST(Chan, LenAndCap) {
  auto c = make_chan<int>(3);
  EXPECT_EQ(c.cap(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(c.len(), i);
    c.send(0);
  }
  EXPECT_EQ(recv_chan<int>(c).len(), 3u);
  c.recv();
  EXPECT_EQ(send_chan<int>(c).len(), 2u);
  EXPECT_EQ(make_chan<int>().cap(), 0u);
}

GO_TEST(Chan, HandlesNameTheSameChannel) {
  auto c = make_chan<int>(1), d = make_chan<int>(1);
  auto e = c;
  EXPECT_TRUE(c == e && c != d && c != chan<int>());
  EXPECT_TRUE(chan<int>() == chan<int>());
  EXPECT_TRUE(recv_chan<int>(c) == e);
  send_chan<int> s = c;
  recv_chan<int> r = c;
  s.send(4);
  EXPECT_EQ(r.recv(), 4);
  std::unordered_set<chan<int>> set{c, d, e};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(std::hash<recv_chan<int>>()(r), std::hash<chan<int>>()(c));
  auto moved = std::move(e);
  EXPECT_FALSE(e);  // NOLINT: moved-from is nil
  EXPECT_TRUE(moved == c);
  auto& same = moved;
  moved = same;
  EXPECT_TRUE(moved == c);
  moved = {};
  EXPECT_FALSE(moved);
}

GO_TEST(Chan, RangeForEndsAtCloseAndBreakLosesNothing) {
  auto c = make_chan<std::unique_ptr<int>>(4);
  for (int i = 0; i < 4; ++i) c.send(std::make_unique<int>(i));
  for (auto& p : c) {
    if (*p == 1) break;
  }
  EXPECT_EQ(**c.recv(), 2);
  c.close();
  std::vector<std::unique_ptr<int>> rest;
  for (auto& p : recv_chan<std::unique_ptr<int>>(c)) {
    rest.push_back(std::move(p));
  }
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(*rest[0], 3);
}

GO_TEST(Chan, RangesAlgorithms) {
  auto c = make_chan<int>(5);
  for (int i = 0; i < 5; ++i) c.send(i);
  c.close();
  EXPECT_EQ(std::ranges::count_if(c, [](int v) { return v % 2 == 0; }), 3);
}

GO_TEST(Chan, BufferedValuesAreDestroyedWithTheChannel) {
  balance b;
  auto c = make_chan<counted>(4);
  for (int i = 0; i < 6; ++i) {  // so that the ring has wrapped
    c.send(counted(i));
    if (i % 2 == 1) c.recv();
  }
  EXPECT_EQ(counted::alive, 3);
  c = {};
}

TEST(Chan, AbsurdCapacityIsALengthError) {
  EXPECT_THROW(make_chan<int>(std::numeric_limits<std::size_t>::max()),
               std::length_error);
  constexpr std::size_t kMost = std::size_t{1}
                                << (sizeof(void*) == 8 ? 47 : 30);
  EXPECT_THROW(make_chan<char>(kMost + 1), std::length_error);
  EXPECT_THROW(
      make_chan<std::string>(std::numeric_limits<std::size_t>::max() / 8),
      std::length_error);
  EXPECT_THROW(make_chan<int>(static_cast<std::size_t>(-1)), std::length_error);
}

TEST(Chan, WorksOutsideARunIfItNeedNotBlock) {
  balance b;
  auto c = make_chan<counted>(2);
  c.send(counted(1));
  EXPECT_TRUE(c.try_send(counted(2)));
  EXPECT_FALSE(c.try_send(counted(3)));
  EXPECT_EQ(c.recv()->v, 1);
  c.close();
  EXPECT_EQ(c.recv()->v, 2);
  EXPECT_FALSE(c.recv());
}

GO_TEST(Chan, ThrowingCopyLeavesTheChannelAsItWas) {
  struct fickle {
    bool throws = false;
    fickle() = default;
    fickle(const fickle& o) : throws(o.throws) {
      if (throws) throw std::runtime_error("copy");
    }
    fickle(fickle&& o) noexcept : throws(o.throws) {}
  };
  auto c = make_chan<fickle>(1);
  fickle f;
  f.throws = true;
  EXPECT_THROW(c.try_send(f), std::runtime_error);
  EXPECT_THROW(c.send(f), std::runtime_error);
  EXPECT_EQ(c.len(), 0u);
  f.throws = false;
  EXPECT_TRUE(c.try_send(f));
  EXPECT_TRUE(c.try_recv());
}

GO_TEST(Chan, SendAndReceiveInsideACatchBlock) {
  auto c = make_chan<int>();
  group g;
  g.go([c] {
    try {
      throw 1;
    } catch (int one) {
      c.send(one);
      try {
        throw;
      } catch (int again) {
        c.send(again + 1);
      }
    }
  });
  EXPECT_EQ(c.recv(), 1);
  EXPECT_EQ(c.recv(), 2);
  g.wait();
}

GO_TEST(Chan, ForeignThreadsTalkToGoroutines) {
  constexpr int kN = 500;
  auto ping = make_chan<int>(), pong = make_chan<int>();
  std::thread t([ping, pong] {
    for (int v : ping) pong.send(v + 1);
    pong.close();
  });
  for (int i = 0; i < kN; ++i) {
    ping.send(i);
    ASSERT_EQ(pong.recv(), i + 1);
  }
  ping.close();
  EXPECT_FALSE(pong.recv());
  t.join();
}

// Whose handle goes away under a blocked call waits for ever, and does no harm.
GO_TEST(Chan, HandleDestroyedUnderABlockedCall) {
  auto* c = new chan<int>(make_chan<int>());
  static std::atomic<bool> woken{false};
  woken = false;
  go([c] {
    c->recv();
    woken = true;
  });
  await_waiters(*c, 1);
  delete c;
  settle();
  EXPECT_FALSE(woken);
}

// Go's TestPseudoRandomSend and the sieve are programs more than facts, but
// they use everything at once.
GO_TEST(Chan, Sieve) {
  auto filter = [](recv_chan<int> in, send_chan<int> out, int prime) {
    for (int v : in) {
      if (v % prime != 0) out.send(v);
    }
    out.close();
  };
  auto numbers = make_chan<int>();
  go([numbers] {
    for (int i = 2; i < 200; ++i) numbers.send(i);
    numbers.close();
  });
  std::vector<int> primes;
  recv_chan<int> in = numbers;
  while (auto prime = in.recv()) {
    primes.push_back(*prime);
    auto out = make_chan<int>();
    go(filter, in, send_chan<int>(out), *prime);
    in = out;
  }
  EXPECT_EQ(primes.size(), 46u);
  EXPECT_EQ(primes.back(), 199);
}

}  // namespace
}  // namespace burrow
