// bench/sync.cc - rows: locks, wait_group, once.
#include "burrow/sync.h"

#include "bench/bench.h"
#include "burrow/go.h"

namespace bench {
namespace {

void mutex_uncontended(state& st) {
  burrow::mutex mu;
  std::int64_t counter = 0;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    mu.lock();
    ++counter;
    mu.unlock();
  }
  keep(counter);
}

void mutex_8(state& st) {
  constexpr int kGoroutines = 8;
  burrow::mutex mu;
  std::int64_t counter = 0;
  burrow::wait_group wg;
  wg.add(kGoroutines);
  for (int i = 0; i < kGoroutines; ++i) {
    std::int64_t times = share(st.n(), kGoroutines, i);
    burrow::go([&, times] {
      for (std::int64_t k = 0; k < times; ++k) {
        mu.lock();
        ++counter;
        mu.unlock();
      }
      wg.done();
    });
  }
  wg.wait();
  if (counter != st.n()) fail("Mutex8: the counter is wrong");
}

// Whoever holds the mutex yields: all others come to wait for it.
template <int Goroutines>
void mutex_waiters(state& st) {
  burrow::mutex mu;
  std::int64_t counter = 0;
  burrow::wait_group wg;
  wg.add(Goroutines);
  for (int i = 0; i < Goroutines; ++i) {
    burrow::go([&, times = share(st.n(), Goroutines, i)] {
      for (std::int64_t k = 0; k < times; ++k) {
        mu.lock();
        ++counter;
        burrow::yield();
        mu.unlock();
      }
      wg.done();
    });
  }
  wg.wait();
  if (counter != st.n()) fail("MutexWait: the counter is wrong");
}

void wait_group_uncontended(state& st) {
  burrow::wait_group wg;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    wg.add(1);
    wg.done();
    wg.wait();
  }
}

void once_done(state& st) {
  burrow::once once;
  int calls = 0;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    keep(&once);  // look at it anew each time
    once.call([&calls] { ++calls; });
  }
  if (calls != 1) fail("Once: not called exactly once");
}

}  // namespace

void add_sync_rows(std::vector<row>& rows) {
  rows.push_back(
      {"Mutex", "uncontended lock + unlock", mutex_uncontended, kShort});
  rows.push_back(
      {"Mutex8", "lock + unlock, 8 goroutines on one mutex", mutex_8, kShort});
  rows.push_back({"MutexWait2", "lock + yield + unlock, 2 goroutines",
                  mutex_waiters<2>, kPlain});
  rows.push_back({"MutexWait100", "lock + yield + unlock, 100 goroutines",
                  mutex_waiters<100>, kPlain});
  rows.push_back({"MutexWait10k", "lock + yield + unlock, 10,000 goroutines",
                  mutex_waiters<10'000>, kPlain});
  rows.push_back({"WaitGroup", "add + done + wait, nobody else",
                  wait_group_uncontended, kPlain});
  rows.push_back({"Once", "call of a once that was done", once_done, kPlain});
}

}  // namespace bench
