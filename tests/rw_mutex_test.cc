// tests/rw_mutex_test.cc - readers together, writers alone, nobody starves.
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "tests/support/emulator.h"
#include "tests/support/synctest.h"

namespace burrow {
namespace {

using namespace testsupport;

constinit rw_mutex global;

// activity counts readers as 1 and writers as 10000, as Go's test does.
struct activity {
  rw_mutex mu;
  std::atomic<int> n{0};

  void read() {
    mu.lock_shared();
    const int now = n.fetch_add(1) + 1;
    if (now < 1 || now >= 10000) ADD_FAILURE() << "reader with " << now;
    for (int i = 0; i < 100; ++i) asm volatile("");
    n.fetch_sub(1);
    mu.unlock_shared();
  }
  void write() {
    mu.lock();
    const int now = n.fetch_add(10000) + 10000;
    if (now != 10000) ADD_FAILURE() << "writer with " << now;
    for (int i = 0; i < 100; ++i) asm volatile("");
    n.fetch_sub(10000);
    mu.unlock();
  }
  void try_both() {
    if (mu.try_lock_shared()) {
      if (n.fetch_add(1) + 1 >= 10000) ADD_FAILURE() << "reader with a writer";
      n.fetch_sub(1);
      mu.unlock_shared();
    }
    if (mu.try_lock()) {
      if (n.fetch_add(10000) != 0) ADD_FAILURE() << "writer not alone";
      n.fetch_sub(10000);
      mu.unlock();
    }
  }
};

void hammer(int goroutines, int threads, int rounds) {
  activity a;
  on_all(goroutines, threads, [&](int i) {
    for (int k = 0; k < rounds; ++k) {
      if (i % 5 == 4) {
        a.try_both();
      } else if (i % 5 == 0 || k % 16 == i % 16) {
        a.write();
      } else {
        a.read();
      }
      if (k % 64 == 0) yield();
    }
  });
  EXPECT_EQ(a.n.load(), 0);
  EXPECT_TRUE(a.mu.try_lock());
}

GO_TEST(RwMutex, HammeredByGoroutines) {
  hammer(5, 0, 1000);
  hammer(15, 0, 1000);
}
GO_TEST(RwMutex, HammeredByGoroutinesAndThreads) { hammer(6, 4, 1000); }

GO_TEST(RwMutex, ReadersHoldItTogether) {
  rw_mutex mu;
  wait_group all_in, out;
  all_in.add(8);
  for (int i = 0; i < 8; ++i) {
    out.go([&] {
      const std::shared_lock hold(mu);
      all_in.done();
      all_in.wait();  // ends only if all hold it
    });
  }
  out.wait();
}

GO_TEST(RwMutex, AWriterThatWaitsKeepsReadersOut) {
  rw_mutex mu;
  std::string order;
  wait_group wg;
  mu.lock_shared();
  wg.go([&] {
    mu.lock();
    order += 'w';
    mu.unlock();
  });
  while (mu.try_lock_shared()) {
    mu.unlock_shared();
    yield();
  }
  EXPECT_FALSE(mu.try_lock());
  wg.go([&] {
    mu.lock_shared();
    order += 'r';
    mu.unlock_shared();
  });
  settle();
  EXPECT_EQ(order, "");
  mu.unlock_shared();
  wg.wait();
  EXPECT_EQ(order, "wr");
}

// comesthrough takes the lock as Mine 50 times, against four goroutines that all
// the time take it as Others.
template <typename Mine, typename Others>
void comesthrough() {
  rw_mutex mu;
  std::atomic<bool> stop{false};
  wait_group wg;
  for (int i = 0; i < 4; ++i) {
    wg.go([&] {
      while (!stop.load()) {
        const Others hold(mu);
        yield();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    const Mine hold(mu);
  }
  stop = true;
  wg.wait();
}

GO_TEST(RwMutex, AReaderIsNotStarvedByWriters) {
  comesthrough<std::shared_lock<rw_mutex>, std::unique_lock<rw_mutex>>();
}

GO_TEST(RwMutex, AWriterIsNotStarvedByReaders) {
  comesthrough<std::unique_lock<rw_mutex>, std::shared_lock<rw_mutex>>();
}

GO_TEST(RwMutex, TryLocksFailWhenItIsHeld) {
  rw_mutex mu;
  EXPECT_TRUE(mu.try_lock());
  EXPECT_FALSE(mu.try_lock());
  EXPECT_FALSE(mu.try_lock_shared());
  mu.unlock();
  EXPECT_TRUE(mu.try_lock_shared());
  EXPECT_TRUE(mu.try_lock_shared());
  EXPECT_FALSE(mu.try_lock());
  mu.unlock_shared();
  mu.unlock_shared();
  EXPECT_TRUE(mu.try_lock());
  mu.unlock();
}

GO_TEST(RwMutex, MayBeDestroyedByTheLastUser) {
  struct object {
    rw_mutex mu;
    std::atomic<int> refs{3};
  };
  for (int i = 0; i < 500; ++i) {
    auto* o = new object;
    on_all(3, 0, [o](int k) {
      bool last;
      if (k == 0) {
        const std::unique_lock hold(o->mu);
        last = --o->refs == 0;
      } else {
        const std::shared_lock hold(o->mu);
        last = --o->refs == 0;
      }
      if (last) delete o;
    });
  }
}

TEST(RwMutex, OutlivesARunThatLeavesWaitersBehind) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      global.lock_shared();
      go([] { const std::unique_lock hold(global); });
      while (global.try_lock_shared()) {
        global.unlock_shared();
        yield();
      }
      for (int k = 0; k < 6; ++k) {
        go([k] {
          // Given back, for it may come when its run has ended.
          if (k % 2 == 0) {
            const std::unique_lock hold(global);
          } else {
            const std::shared_lock hold(global);
          }
        });
      }
      settle();
    });
    run([] {
      // The writer that waited is gone: readers come in, though slowly.
      global.lock_shared();
      global.unlock_shared();
      global.unlock_shared();  // of the first run
      on_all(4, 0, [](int k) {
        if (k % 2 == 0) {
          const std::unique_lock hold(global);
          yield();
        } else {
          const std::shared_lock hold(global);
          yield();
        }
      });
    });
  }
  global.lock();
  global.unlock();
}

TEST(RwMutexDeathTest, MisuseIsFatal) {
  SKIP_WITHOUT_PROGRAMS();
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto code2 = testing::ExitedWithCode(2);
  const auto wfatal = "fatal error: sync: Unlock of unlocked RWMutex";
  const auto rfatal = "fatal error: sync: RUnlock of unlocked RWMutex";
  EXPECT_EXIT(run([] {
                rw_mutex mu;
                mu.unlock();
              }),
              code2, wfatal);
  EXPECT_EXIT(run([] {
                rw_mutex mu;
                mu.lock_shared();
                mu.unlock();
              }),
              code2, wfatal);
  EXPECT_EXIT(run([] {
                rw_mutex mu;
                mu.unlock_shared();
              }),
              code2, rfatal);
  EXPECT_EXIT(run([] {
                rw_mutex mu;
                mu.lock();
                mu.unlock_shared();
              }),
              code2, rfatal);
}

}  // namespace
}  // namespace burrow
