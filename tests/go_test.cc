// tests/go_test.cc - goroutines: starting, ending, order, what belongs to each.

#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"
#include "tests/support/sanitizer.h"

namespace burrow {
namespace {

using testsupport::await_others;

GO_TEST(Go, PassesDecayedAndMoveOnlyArguments) {
  auto out = make_chan<std::string>(1);
  go([out](std::unique_ptr<int> p,
           std::string s) { out.send(s + std::to_string(*p)); },
     std::make_unique<int>(5), "n=");
  EXPECT_EQ(out.recv(), "n=5");
}

GO_TEST(Go, BigClosuresLiveOnTheHeapAndAreDestroyed) {
  static std::atomic<int> alive{0};
  struct big {
    std::array<char, 500> data{};
    big() { alive++; }
    big(const big& o) : data(o.data) { alive++; }
    ~big() { alive--; }
  };
  wait_group wg;
  for (int i = 0; i < 100; i++) {
    wg.add(1);
    go([&wg, b = big()] { wg.done(); });
  }
  wg.wait();
  await_others();
  EXPECT_EQ(alive.load(), 0);
}

GO_TEST(Go, ACopyThatThrowsStartsNothing) {
  struct thrower {
    thrower() = default;
    thrower(const thrower&) { throw std::runtime_error("copy"); }
    void operator()() const {}
  };
  const thrower t;
  const int before = num_goroutine();
  EXPECT_THROW(go(t), std::runtime_error);
  EXPECT_EQ(num_goroutine(), before);
}

GO_TEST(Go, IdsAreUnique) {
  auto ids = make_chan<std::uint64_t>(2000);
  for (int i = 0; i < 2000; i++) go([ids] { ids.send(goid()); });
  std::set<std::uint64_t> seen{goid()};
  for (int i = 0; i < 2000; i++) seen.insert(*ids.recv());
  EXPECT_EQ(seen.size(), 2001u);
  EXPECT_EQ(seen.count(0), 0u);
}

GO_TEST(Go, CountOfGoroutines) {
  await_others();
  auto gate = make_chan<unit>();
  for (int i = 0; i < 50; i++) go([gate] { gate.recv(); });
  EXPECT_EQ(num_goroutine(), 51);
  gate.close();
  await_others();
  EXPECT_EQ(num_goroutine(), 1);
}

GO_TEST(Go, GoexitUnwindsAndOnlyEndsItsOwn) {
  static std::atomic<int> destroyed;
  destroyed = 0;
  struct tracker {
    ~tracker() { destroyed++; }
  };
  auto done = make_chan<unit>();
  go([done] {
    const defer d{[done] { done.send({}); }};
    const tracker outer;
    [] {
      const tracker inner;
      try {
        goexit();
      } catch (...) {
        destroyed += 10;
        throw;
      }
    }();
    destroyed += 100;
  });
  done.recv();
  EXPECT_EQ(destroyed.load(), 12);
}

GO_TEST(Go, NamesAndStackSizesAreTaken) {
  auto out = make_chan<int>();
  go(go_options{.name = "deep", .stack_size = 4u << 20}, [out] {
    volatile char room[3u << 20];
    room[0] = 1;
    room[sizeof(room) - 1] = 2;
    out.send(room[0] + room[sizeof(room) - 1]);
  });
  EXPECT_EQ(out.recv(), 3);
  EXPECT_THROW(go(go_options{.stack_size = ~std::size_t{0} >> 3}, [] {}),
               std::length_error);
  go(go_options{.stack_size = 1}, [out] { out.send(1); });
  EXPECT_EQ(out.recv(), 1);
  go(go_options{.stack_size = 100'001}, [out] { out.send(2); });
  EXPECT_EQ(out.recv(), 2);
}

GO_TEST(Go, ManyStackSizesAtOnceAndAgain) {
  for (int round = 0; round < 3; round++) {
    wait_group wg;
    for (int i = 0; i < 400; i++) {
      wg.add(1);
      go(go_options{.stack_size = std::size_t{16384} << (i % 6)}, [&wg] {
        yield();
        wg.done();
      });
    }
    wg.wait();
  }
}

GO_TEST(Go, YieldGoesRound) {
  std::vector<int> order;
  mutex mu;
  wait_group wg;
  wg.add(4);
  for (int i = 0; i < 4; i++)
    go([&, i] {
      for (int n = 0; n < 100; n++) {
        mu.lock();
        order.push_back(i);
        mu.unlock();
        yield();
      }
      wg.done();
    });
  wg.wait();
  EXPECT_EQ(order.size(), 400u);
}

// A goroutine that only yields, and one that spawns without end, leave the
// others their turn.
GO_TEST(Go, NobodyStarves) {
  std::atomic<bool> stop{false};
  std::atomic<int> progress{0};
  wait_group wg;
  for (int i = 0; i < 8; i++) {
    wg.add(1);
    go([&] {
      while (!stop) yield();
      wg.done();
    });
  }
  wg.add(2);
  go([&] {
    while (!stop) {
      wait_group inner;
      inner.add(1);
      go([&inner] { inner.done(); });
      inner.wait();
    }
    wg.done();
  });
  go([&] {
    for (; progress < 1000; progress++) yield();
    stop = true;
    wg.done();
  });
  wg.wait();
  EXPECT_EQ(progress.load(), 1000);
}

// Two who talk to each other keep a processor busy, and those who have not started are
// started nevertheless, one with every 64 switches or so.
TEST(Go, WhoHasNotStartedIsNotForgotten) {
  constexpr int kMany = 500;
  int begun = 0, rounds = 0;
  run(
      [&] {
        chan<int> there = make_chan<int>(), back = make_chan<int>();
        go([=] {
          while (there.recv()) back.send(0);
        });
        yield();
        for (int i = 0; i < kMany; ++i) go([&] { ++begun; });
        while (begun < kMany) {
          there.send(0);
          (void)back.recv();
          ++rounds;
        }
        there.close();
      },
      {.maxprocs = 1});
  EXPECT_LT(rounds, kMany * 64);
}

GO_TEST(Go, ExceptionStateBelongsToTheGoroutine) {
  std::atomic<int> bad{0};
  wait_group wg;
  for (int i = 0; i < 50; i++) {
    wg.add(1);
    go([&, i] {
      for (int n = 0; n < 20; n++) {
        try {
          throw i;
        } catch (int caught) {
          yield();
          try {
            throw std::runtime_error(std::to_string(i));
          } catch (const std::exception& e) {
            yield();
            if (e.what() != std::to_string(i)) bad++;
          }
          if (caught != i || std::uncaught_exceptions() != 0) bad++;
          try {
            throw;  // the one of this goroutine
          } catch (int again) {
            if (again != i) bad++;
          }
        }
      }
      wg.done();
    });
  }
  wg.wait();
  EXPECT_EQ(bad.load(), 0);
}

GO_TEST(Go, BlockingInADestructorDuringUnwinding) {
  struct blocker {
    std::atomic<int>& bad;
    ~blocker() {
      const int before = std::uncaught_exceptions();
      for (int i = 0; i < 5; i++) yield();
      if (before != 1 || std::uncaught_exceptions() != 1) bad++;
    }
  };
  std::atomic<int> bad{0};
  wait_group wg;
  for (int i = 0; i < 40; i++) {
    wg.add(1);
    go([&] {
      try {
        const blocker b{bad};
        throw 1;
      } catch (int) {
      }
      if (std::uncaught_exceptions() != 0) bad++;
      wg.done();
    });
  }
  wg.wait();
  EXPECT_EQ(bad.load(), 0);
}

__attribute__((noinline)) void seterrno(int e) { errno = e; }
__attribute__((noinline)) int geterrno() { return errno; }

GO_TEST(Go, ErrnoBelongsToTheGoroutine) {
  std::atomic<int> bad{0};
  wait_group wg;
  for (int i = 1; i <= 50; i++) {
    wg.add(1);
    go([&, i] {
      for (int n = 0; n < 50; n++) {
        seterrno(i);
        yield();
        if (geterrno() != i) bad++;
      }
      wg.done();
    });
  }
  wg.wait();
  EXPECT_EQ(bad.load(), 0);
}

GO_TEST(Go, ForeignThreadsMaySpawnAndTalk) {
  auto c = make_chan<int>();
  auto back = make_chan<int>(4);
  std::thread t([c, back] {
    EXPECT_EQ(goid(), 0u);
    for (int i = 0; i < 200; i++) go([c, i] { c.send(i); });
    int sum = 0;
    for (int i = 0; i < 100; i++) sum += *back.recv();
    EXPECT_EQ(sum, 4950);
  });
  int sum = 0;
  for (int i = 0; i < 200; i++) sum += *c.recv();
  EXPECT_EQ(sum, 19900);
  for (int i = 0; i < 100; i++) back.send(i);
  t.join();
}

GO_TEST(Go, ManyGoroutinesFinish) {
  std::atomic<int> n{0};
  wait_group wg;
  constexpr int kMany = 200'000;
  wg.add(kMany);
  for (int i = 0; i < kMany; i++)
    go([&] {
      n.fetch_add(1, std::memory_order_relaxed);
      wg.done();
    });
  wg.wait();
  EXPECT_EQ(n.load(), kMany);
}

GO_TEST(Go, ManyParkedStacksThenAllWoken) {
  const int many = testsupport::watched() ? 2'000 : 20'000;
  auto gate = make_chan<unit>();
  std::atomic<int> there{0};
  wait_group wg;
  wg.add(many);
  for (int i = 0; i < many; i++)
    go([&there, &wg, gate] {
      there++;
      gate.recv();
      wg.done();
    });
  while (there < many) yield();
  gate.close();
  wg.wait();
}

// Each is started, dropped, or refused. Few a run: its end looks at every g.
TEST(Go, FromAThreadWhileRunsEnd) {
  constexpr int kRuns = 1000, kMost = 300;
  std::atomic<int> now{0};
  std::thread t([&] {
    for (int seen = 0, left = kMost; seen < kRuns;) {
      if (const int is = now; is != seen) {
        seen = is;
        left = kMost;
      }
      if (left == 0) {
        std::this_thread::yield();
        continue;
      }
      try {
        go([] {});
        --left;
      } catch (const std::logic_error&) {
      }
    }
  });
  for (int i = 0; i < kRuns; ++i) {
    run([] {}, {.maxprocs = 1 + i % 2});
    ++now;
  }
  t.join();
}

}  // namespace
}  // namespace burrow
