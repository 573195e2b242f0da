// tests/safepoint_test.cc - code compiled with safepoints (docs/hazards.md) is
// switched out where it never calls burrow.
//
// All tests run at maxprocs 1 with asyncpreemptoff, so that nobody's p is taken:
// if one goroutine goes on while another computes, that was a safepoint.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "burrow/burrow.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

class Safepoint : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BURROW_DEBUG", "asyncpreemptoff=1", 1); }
  void TearDown() override { ::unsetenv("BURROW_DEBUG"); }

  template <class F>
  static void onep(F f) {
    run(f, {.maxprocs = 1});
  }
};

// compute is some work, in a loop with edges.
void compute(clock_type::duration d) {
  for (const auto end = clock_type::now() + d; clock_type::now() < end;) {
  }
}

// counting is a goroutine that counts how often it has a turn.
class counting {
 public:
  counting() {
    wg_.go([this] {
      for (; !stop_; n_++) yield();
    });
    yield();
  }
  ~counting() {
    stop_ = true;
    wg_.wait();
  }
  int turns() const { return n_; }

 private:
  std::atomic<int> n_{0};
  std::atomic<bool> stop_{false};
  wait_group wg_;
};

TEST_F(Safepoint, TwoEndlessLoopsShareOnePEvenly) {
  onep([] {
    constexpr int kSlices = 20;
    std::atomic<bool> stop{false};
    std::atomic<int> last{-1};
    int slices[2] = {};  // how often each found that the other had been on
    wait_group wg;
    for (int me = 0; me < 2; me++)
      wg.go([&, me] {
        while (!stop.load(std::memory_order_relaxed))
          if (last.exchange(me) != me && ++slices[me] == kSlices) stop = true;
      });
    wg.wait();
    EXPECT_GE(slices[0], kSlices - 1);
    EXPECT_GE(slices[1], kSlices - 1);
  });
}

TEST_F(Safepoint, TimersAndNewGoroutinesGoOnBesideALoop) {
  onep([] {
    std::atomic<bool> stop{false};
    wait_group wg;
    for (int i = 0; i < 3; i++)
      wg.go([&] {
        while (!stop.load(std::memory_order_relaxed)) {
        }
      });
    for (int i = 0; i < 5; i++) {
      sleep_for(1ms);
      auto c = make_chan<std::string>();
      go([c] { c.send("a value that is not trivial to move"); });
      EXPECT_TRUE(c.recv().has_value());
    }
    stop = true;
    wg.wait();
  });
}

TEST_F(Safepoint, NoPreemptKeepsTheGoroutineOn) {
  onep([] {
    const counting other;
    int before;
    {
      const no_preempt outer;
      { const no_preempt inner; }
      before = other.turns();
      compute(60ms);
      EXPECT_EQ(other.turns(), before);
    }
    while (other.turns() == before) compute(1ms);
  });
}

// slow takes its time to be moved, and sees how many turns others had meanwhile.
// A send moves once, with the channel locked.
struct slow {
  slow(const counting* c, int* n) : other(c), turns(n) {}
  slow(slow&& from) noexcept : other(from.other), turns(from.turns) {
    const int before = other->turns();
    compute(25ms);
    if (*turns < 0) *turns = other->turns() - before;
  }
  const counting* other;
  int* turns;  // -1: to be set
};

TEST_F(Safepoint, AMoveUnderAChannelsLockIsNotInterrupted) {
  onep([] {
    const counting other;
    auto c = make_chan<slow>(2);
    int first = -1, second = -1;
    c.send(slow(&other, &first));
    EXPECT_TRUE(c.try_send(slow(&other, &second)));
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 0);
    EXPECT_TRUE(c.recv().has_value());
    EXPECT_TRUE(c.try_recv().has_value());
  });
}

// Two goroutines throw, and take turns while destructors run and in handlers.
TEST_F(Safepoint, ExceptionsUnderWayBelongToTheirGoroutines) {
  struct dawdler {
    ~dawdler() { compute(25ms); }
  };
  onep([] {
    wait_group wg;
    for (int me = 0; me < 2; me++)
      wg.go([me] {
        try {
          const dawdler d;
          throw std::runtime_error(std::to_string(me));
        } catch (const std::runtime_error& e) {
          compute(25ms);
          EXPECT_EQ(e.what(), std::to_string(me));
          EXPECT_EQ(std::uncaught_exceptions(), 0);
        }
      });
    wg.wait();
  });
}

TEST_F(Safepoint, ErrnoIsTheGoroutines) {
  onep([] {
    const counting other;
    errno = 42;
    const int before = other.turns();
    while (other.turns() < before + 3) compute(1ms);
    EXPECT_EQ(errno, 42);
  });
}

// A thread adds to a wait group that is its own without a locked instruction; a
// goroutine that is switched out in there may go on elsewhere.
TEST_F(Safepoint, NobodyAddsAsTheOwnerOfAWaitGroupOnAnotherThread) {
  run(
      [] {
        std::atomic<bool> stop{false};
        wait_group counted, all;
        constexpr int kMany =
            1'000'000;  // or its owner's part would be below 0
        counted.add(kMany);
        for (int i = 0; i < 6; i++)
          all.go([&, i] {
            while (!stop.load(std::memory_order_relaxed)) {
              for (int k = 0; k < 200'000 + 50'000 * i; k++) {
                counted.add(1);
                counted.done();
              }
              sleep_for(100us);  // then its p has somebody else's goroutine
            }
          });
        sleep_for(1500ms);
        stop = true;
        all.wait();
        counted.add(-kMany);
        counted.wait();  // neither for ever, nor is it less than 0
      },
      {.maxprocs = 2});
}

TEST_F(Safepoint, ForeignThreadsAndCodeOutsideARunDoNotMind) {
  compute(1ms);
  onep([] {
    std::thread t([] { compute(30ms); });
    t.join();
  });
  compute(1ms);
}

}  // namespace
}  // namespace burrow
