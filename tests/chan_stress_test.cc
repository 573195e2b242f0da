// tests/chan_stress_test.cc - many goroutines on few channels.
//
// Lost wake-ups show as a hang or a deadlock report, lost and doubled values in
// the sums, a sudog used after its frame was left under the sanitizers. Values
// of kN are such that one run takes well under a second; repeat the program for
// more.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "burrow/chan.h"
#include "burrow/select.h"
#include "tests/support/chantest.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using namespace testsupport;

// prng is xorshift; each goroutine has its own.
struct prng {
  std::uint64_t s;
  explicit prng(int seed)
      : s(0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(seed + 1)) {}
  unsigned operator()(unsigned n) {
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return static_cast<unsigned>((s >> 33) % n);
  }
};

// Go's TestMultiConsumer: what goes through many hands comes out as it went in.
GO_TEST(ChanStress, MultiConsumer) {
  constexpr int kWorkers = 23, kPer = 200;
  for (std::size_t cap : {0, 100}) {
    auto q = make_chan<int>(cap), r = make_chan<int>(cap);
    group g;
    for (int i = 0; i < kWorkers; ++i) {
      g.go([q, r] {
        for (int v : q) {
          if (v % 3 == 0) yield();
          r.send(v);
        }
      });
    }
    long expected = 0;
    std::atomic<long> sent{0};
    go([&, q] {
      long sum = 0;
      for (int i = 0; i < kWorkers * kPer; ++i) {
        q.send(i);
        sum += i;
      }
      sent = sum;
      q.close();
    });
    long got = 0;
    for (int i = 0; i < kWorkers * kPer; ++i) got += *r.recv();
    for (int i = 0; i < kWorkers * kPer; ++i) expected += i;
    EXPECT_EQ(got, expected);
    EXPECT_FALSE(r.try_recv());
    g.wait();
    EXPECT_EQ(sent, expected);
  }
}

GO_TEST(ChanStress, EachPairKeepsItsOrder) {
  constexpr int kSenders = 4, kPer = 1000;
  for (std::size_t cap : {0, 1, 5}) {
    auto c = make_chan<std::pair<int, int>>(cap);
    group g;
    for (int s = 0; s < kSenders; ++s) {
      g.go([c, s] {
        for (int i = 0; i < kPer; ++i) c.send({s, i});
      });
    }
    std::array<int, kSenders> next{};
    for (int i = 0; i < kSenders * kPer; ++i) {
      auto [s, n] = *c.recv();
      ASSERT_EQ(n, next[static_cast<std::size_t>(s)]++);
    }
    g.wait();
  }
}

// Go's TestSelectStress: four channels; each has a plain sender and a plain
// receiver, and there is one select that sends to all, one that receives from
// all.
GO_TEST(ChanStress, SelectStress) {
  constexpr int kN = 1000;
  const std::array<chan<int>, 4> c{make_chan<int>(), make_chan<int>(),
                                   make_chan<int>(2), make_chan<int>(3)};
  group g;
  for (const auto& x : c) {
    g.go([x] {
      for (int i = 0; i < kN; ++i) x.send(0);
    });
    g.go([x] {
      for (int i = 0; i < kN; ++i) x.recv();
    });
  }
  g.go([c] {
    std::array<int, 4> n{};
    auto x = c;
    for (int i = 0; i < 4 * kN; ++i) {
      const std::size_t k =
          select(send(x[3], 0), send(x[2], 0), send(x[0], 0), send(x[1], 0));
      const std::size_t which = std::array<std::size_t, 4>{3, 2, 0, 1}[k];
      if (++n[which] == kN) x[which] = {};
    }
  });
  g.go([c] {
    std::array<int, 4> n{};
    auto x = c;
    for (int i = 0; i < 4 * kN; ++i) {
      const std::size_t k =
          select(recv(x[0]), recv(x[1]), recv(x[2]), recv(x[3]));
      if (++n[k] == kN) x[k] = {};
    }
  });
  g.wait();
  for (const auto& x : c) {
    EXPECT_EQ(x.len(), 0u);
    EXPECT_EQ(waiters(x), 0);
  }
}

// Random operations of all kinds; what was sent is what was received or is
// left.
GO_TEST(ChanStress, RandomOperationsLoseNothing) {
  constexpr int kGoroutines = 4, kN = 3000;
  balance b;
  static std::atomic<long> in{0}, out{0};
  in = out = 0;
  {
    const std::array<chan<counted>, 3> c{
        make_chan<counted>(), make_chan<counted>(1), make_chan<counted>(4)};
    auto stop = make_chan<unit>();
    group g;
    for (int me = 0; me < kGoroutines; ++me) {
      g.go([c, me, stop] {
        prng rnd(me);
        auto take = [](std::optional<counted> v) {
          if (v) out += v->v;
        };
        for (int i = 1; i <= kN; ++i) {
          const auto& x = c[rnd(3)];
          const auto& y = c[rnd(3)];
          counted v(i);
          auto sent = [i] { in += i; };
          switch (rnd(6)) {
            case 0:
              if (x.try_send(v)) sent();
              break;
            case 1:
              take(x.try_recv());
              break;
            case 2:
              select(send(x, v, sent), recv(y, take), otherwise());
              break;
            case 3:
              select(recv(x, take), otherwise());
              break;
            default:
              select(send(x, v, sent), recv(y, take), recv(x, take),
                     recv(stop));
          }
        }
      });
    }
    std::atomic<bool> done{false};
    group helper;
    helper.go([&, c] {  // so that nobody is left alone in a select
      while (!done) {
        for (const auto& x : c) {
          select(send(x, counted(1), [] { ++in; }), otherwise());
          if (auto v = x.try_recv()) out += v->v;
        }
        yield();
      }
    });
    g.wait();
    done = true;
    helper.wait();
    for (const auto& x : c) {
      EXPECT_EQ(waiters(x), 0);
      while (auto v = x.try_recv()) out += v->v;
    }
    EXPECT_EQ(in, out);
  }
}

// Go's test/chan/doubleselect.go: a value sent by one select is received once,
// in order, though the receiver's selects name the channel twice.
GO_TEST(ChanStress, DoubleSelect) {
  constexpr int kN = 3000;
  const std::array<chan<int>, 4> c{make_chan<int>(), make_chan<int>(),
                                   make_chan<int>(), make_chan<int>()};
  auto merged = make_chan<int>();
  auto ended = make_chan<unit>(4);
  go([c] {
    for (int i = 0; i < kN; ++i) {
      select(send(c[0], i), send(c[1], i), send(c[2], i), send(c[3], i));
    }
    for (const auto& x : c) x.close();
  });
  for (const auto& x : c) {
    go([x, merged, ended] {
      for (bool open = true; open;) {
        auto pass = [&](std::optional<int> v) {
          if (v) merged.send(*v);
          open = v.has_value();
        };
        select(recv(x, pass), recv(x, pass));
      }
      ended.send({});
    });
  }
  go([ended, merged] {
    for (int i = 0; i < 4; ++i) ended.recv();
    merged.close();
  });
  std::vector<bool> seen(kN);
  int n = 0;
  for (int v : merged) {
    EXPECT_FALSE(seen[static_cast<std::size_t>(v)]) << v << " came twice";
    seen[static_cast<std::size_t>(v)] = true;
    ++n;
  }
  EXPECT_EQ(n, kN);
}

// Channels are closed under receivers, senders and selects that wait.
GO_TEST(ChanStress, CloseWhileOthersWait) {
  constexpr int kRounds = 100;
  balance b;
  static std::atomic<int> panics{0};
  for (int round = 0; round < kRounds; ++round) {
    panics = 0;
    auto in = make_chan<counted>(), out = make_chan<counted>();
    group g;
    for (int i = 0; i < 3; ++i) {
      g.go([in] { EXPECT_FALSE(in.recv()); });
      g.go([out] { panics += panictext([&] { out.send(counted(1)); }) != ""; });
      g.go([in, out] {
        panics +=
            panictext([&] {
              counted v(2);
              select(recv(in, [](auto x) { EXPECT_FALSE(x); }), send(out, v));
              EXPECT_EQ(v.v, 2);
            }) != "";
      });
    }
    if (round % 2 == 0) {
      await_waiters(in, 6);
      await_waiters(out, 6);
    }
    if (round % 3 == 0) {
      in.close();
      out.close();
    } else {
      out.close();
      in.close();
    }
    g.wait();
    EXPECT_GE(panics, 3);
    EXPECT_LE(panics, 6);
    EXPECT_EQ(waiters(in) + waiters(out), 0);
  }
}

GO_TEST(ChanStress, ChannelsDieAsSoonAsTheyAreDone) {
  constexpr int kN = 2000;
  balance b;
  auto requests = make_chan<std::pair<int, chan<counted>>>(1);
  group g;
  for (int i = 0; i < 3; ++i) {
    g.go([requests] {
      for (auto& [n, reply] : requests) {
        if (n % 3 == 0) {
          select(send(reply, counted(n)), recv(chan<int>()));
        } else {
          reply.send(counted(n));
        }
      }
    });
  }
  for (int i = 0; i < kN; ++i) {
    auto reply = make_chan<counted>(static_cast<std::size_t>(i % 2));
    requests.send({i, reply});
    if (i % 5 == 0) {
      auto never = make_chan<int>();
      select(recv(never), recv(reply, [i](auto v) { EXPECT_EQ(v->v, i); }));
    } else {
      EXPECT_EQ(reply.recv()->v, i);
    }
  }
  requests.close();
  g.wait();
}

// The handle goes away under a select that waits; another channel wakes it.
// Half of the times the dying channel's waker has dropped the select's sudog
// before.
GO_TEST(ChanStress, HandleDestroyedUnderASelect) {
  for (int round = 0; round < 200; ++round) {
    auto wake = make_chan<int>();
    auto doomed = std::make_unique<chan<int>>(make_chan<int>(1));
    doomed->send(1);  // full: the select waits to send
    group g;
    g.go([wake, c = doomed.get()] {
      std::optional<int> got;
      EXPECT_EQ(select(send(*c, 2), recv(wake, got)), 1u);
      EXPECT_EQ(got, 7);
    });
    await_waiters(*doomed, 1);
    if (round % 2 == 0) {
      doomed.reset();
      wake.send(7);
    } else {
      wake.send(7);
      doomed->try_recv();
      doomed.reset();
    }
    g.wait();
  }
}

// A run ends, and its channels die, while goroutines that were woken by them
// have not yet run: nobody may look at the channels any more.
TEST(ChanStress, RunEndsWithReceiversJustWoken) {
  for (int round = 0; round < 200; ++round) {
    auto body = [] {
      auto c = make_chan<int>(), d = make_chan<int>();
      go([&c] { c.recv(); });
      await_waiters(c, 1);
      go([&c, &d] { select(recv(c), recv(d)); });
      await_waiters(d, 1);
      go([&d] { d.recv(); });
      await_waiters(d, 2);
      c.send(1);
      c.send(2);
      d.close();
    };
    EXPECT_EQ(run(body, options{.maxprocs = round % 3 + 1}), 0);
  }
}

GO_TEST(ChanStress, ForeignThreadsAmongGoroutines) {
  constexpr int kEach = 1000, kThreads = 2, kGoroutines = 4;
  const std::array<chan<int>, 2> c{make_chan<int>(), make_chan<int>(2)};
  std::atomic<long> sum{0};
  auto producer = [c] {
    for (int i = 1; i <= kEach; ++i) select(send(c[0], i), send(c[1], i));
  };
  auto consumer = [c, &sum] {
    for (bool open = true; open;) {
      auto take = [&](std::optional<int> v) {
        if (v) sum += *v;
        open = v.has_value();
      };
      select(recv(c[0], take), recv(c[1], take));
    }
  };
  std::vector<std::thread> threads;
  auto sent = make_chan<unit>(), taken = make_chan<unit>();
  auto both = [&](auto start) {
    start([producer, sent] {
      producer();
      sent.send({});
    });
    start([consumer, taken] {
      consumer();
      taken.send({});
    });
  };
  for (int i = 0; i < kThreads; ++i) {
    both([&](auto f) { threads.emplace_back(f); });
  }
  for (int i = 0; i < kGoroutines; ++i) {
    both([](auto f) { go(f); });
  }
  for (int i = 0; i < kThreads + kGoroutines; ++i) sent.recv();
  // Nothing is sent any more; what is buffered is drained before the ends show.
  while (c[1].len() != 0) yield();
  for (const auto& x : c) x.close();
  for (int i = 0; i < kThreads + kGoroutines; ++i) taken.recv();
  for (auto& t : threads) t.join();  // they are past everything that blocks
  EXPECT_EQ(
      sum, static_cast<long>(kThreads + kGoroutines) * kEach * (kEach + 1) / 2);
}

}  // namespace
}  // namespace burrow
