// bench/peers/more_rows.h - more rows for the peers in C++, over the Api that
// rows.h describes: latencies, sizes, waiters, trees, a burst.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "bench/bench.h"
#include "bench/peers/common.h"
#include "bench/procstat.h"
#include "bench/tree_workload.h"
#include "bench/workload.h"

namespace bench {

template <class Api>
class peer_more : common<Api> {
  using base = common<Api>;
  using base::spawn_all;
  using typename base::latch;
  using typename base::lock;
  using typename base::task;

  // hogs are tasks that work until end is called.
  class hogs {
   public:
    hogs(int count, std::function<void()> work) : work_(std::move(work)) {
      for (int i = 0; i < count; ++i) {
        all_.push_back(Api::spawn([this] {
          while (!stop_.load(std::memory_order_relaxed)) work_();
        }));
      }
    }
    void end() {
      stop_ = true;
      for (task& t : all_) t.join();
    }

   private:
    std::function<void()> work_;
    std::atomic<bool> stop_{false};
    std::vector<task> all_;
  };

 public:
  template <std::size_t Bytes>
  static void elements(state& st) {
    using element = std::array<char, Bytes>;
    typename Api::template buffered<element> c(128);
    task sender = Api::spawn([&c, n = st.n()] {
      element e{};
      e[0] = 1;
      for (std::int64_t i = 0; i < n; ++i) c.send(e);
      c.close();
    });
    std::int64_t got = 0;
    for (element e; c.recv(e);) got += e[0];
    sender.join();
    if (got != st.n()) fail("Chan: items were lost");
  }

  template <std::int64_t Tasks>
  static void mutex_waiters(state& st) {
    typename Api::mutex mu;
    std::int64_t counter = 0;
    spawn_all(Tasks, [&, n = st.n()](std::int64_t i) {
      for (std::int64_t k = share(n, Tasks, i); k > 0; --k) {
        mu.lock();
        ++counter;
        Api::yield();
        mu.unlock();
      }
    });
    if (counter != st.n()) fail("MutexWait: the counter is wrong");
  }

  static std::int64_t queens(board b) {
    if (b.row == kQueens) return 1;
    std::array<std::int64_t, kQueens> found{};
    std::vector<task> all;
    for (int column = 0; column < kQueens; ++column) {
      if (!b.is_free(column)) continue;
      all.push_back(
          Api::spawn([&slot = found[static_cast<std::size_t>(column)],
                      next = b.with(column)] { slot = queens(next); }));
    }
    for (task& t : all) t.join();
    std::int64_t sum = 0;
    for (std::int64_t f : found) sum += f;
    return sum;
  }
  static void nqueens(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) {
      if (queens({}) != kQueensSolutions) fail("NQueens: wrong number");
    }
  }

  static void product(block c, block a, block b) {
    if (c.size <= kMatmulLeaf) {
      multiply_add(c, a, b);
      return;
    }
    for (int k = 0; k < 2; ++k) {
      std::array<task, 3> all;
      for (int q = 0; q < 3; ++q) {
        all[static_cast<std::size_t>(q)] = Api::spawn([=] {
          product(c.quarter(q / 2, q % 2), a.quarter(q / 2, k),
                  b.quarter(k, q % 2));
        });
      }
      product(c.quarter(1, 1), a.quarter(1, k), b.quarter(k, 1));
      for (task& t : all) t.join();
    }
  }
  static void matmul(state& st) {
    matrices m;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      m.clear();
      product(m.c(), m.a(), m.b());
      if (!m.right()) fail("Matmul: wrong product");
    }
  }

  static void sort_range(int* from, int* spare, std::size_t count) {
    if (count <= kSortLeaf) {
      std::sort(from, from + count);
      return;
    }
    std::size_t half = count / 2;
    task first = Api::spawn([=] { sort_range(from, spare, half); });
    sort_range(from + half, spare + half, count - half);
    first.join();
    merge_halves(from, spare, half, count);
  }
  static void mergesort(state& st) {
    std::vector<int> spare(kSortCount);
    for (std::int64_t i = 0; i < st.n(); ++i) {
      std::vector<int> numbers = unsorted();
      sort_range(numbers.data(), spare.data(), numbers.size());
      if (!std::is_sorted(numbers.begin(), numbers.end())) {
        fail("Mergesort: not sorted");
      }
    }
  }

  static std::int64_t uts_nodes(std::uint64_t node, int depth) {
    int children = uts_children(node, depth);
    if (children == 0) return 1;
    std::array<std::int64_t, kUtsMost> sums{};
    std::array<task, kUtsMost> all;
    for (std::size_t i = 0; i < static_cast<std::size_t>(children); ++i) {
      all[i] = Api::spawn([&slot = sums[i],
                           child = uts_child(node, static_cast<int>(i)),
                           depth] { slot = uts_nodes(child, depth + 1); });
    }
    std::int64_t sum = 1;
    for (std::size_t i = 0; i < static_cast<std::size_t>(children); ++i) {
      all[i].join();
      sum += sums[i];
    }
    return sum;
  }
  static void uts(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) {
      if (uts_nodes(kUtsRoot, 0) != kUtsNodes) fail("UTS: wrong size");
    }
  }

  // one who waits at the meeting place.
  struct visitor {
    typename Api::condition met;
    colour own;
    colour others{};
    bool has_met = false;
  };
  struct place {
    typename Api::mutex mu;
    std::int64_t left;
    visitor* waiting = nullptr;
  };
  static std::int64_t creature(place& p, colour mine) {
    for (std::int64_t met = 0;; ++met) {
      lock held(p.mu);
      if (p.left == 0) return met;
      if (visitor* first = std::exchange(p.waiting, nullptr)) {
        --p.left;
        first->others = mine;
        first->has_met = true;
        mine = complement(mine, first->own);
        first->met.notify_one();
      } else {
        visitor me{.met = {}, .own = mine};
        p.waiting = &me;
        me.met.wait(held, [&] { return me.has_met; });
        mine = complement(mine, me.others);
      }
    }
  }
  static void chameneos(state& st) {
    place p{.mu = {}, .left = st.n()};
    std::atomic<std::int64_t> sum{0};
    spawn_all(kCreatures, [&](std::int64_t i) {
      sum += creature(p, first_colour(static_cast<std::size_t>(i)));
    });
    if (sum != 2 * st.n()) fail("Chameneos: not two creatures a meeting");
  }

  static void burst(state& st) {
    constexpr int kTasks = 100'000;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      std::int64_t before = rss_bytes();
      typename Api::template unbuffered<int> gate(1);
      latch ready(kTasks);
      std::vector<task> all;
      for (int k = 0; k < kTasks; ++k) {
        all.push_back(Api::spawn([&] {
          int v = 0;
          ready.arrive();
          gate.recv(v);
        }));
      }
      ready.wait();
      report_burst(st, before, "burst-MB");
      gate.close();
      for (task& t : all) t.join();
      report_burst(st, before, "ended-MB");
      st.stop_timer();
      Api::sleep(std::chrono::seconds(2));
      report_burst(st, before, "later-MB");
      st.start_timer();
    }
  }

  static void wake_latency(state& st) {
    typename Api::template buffered<std::int64_t> c(2);
    std::vector<std::int64_t> late;
    late.reserve(static_cast<std::size_t>(st.n()));
    task receiver = Api::spawn([&] {
      for (std::int64_t sent; c.recv(sent);) {
        late.push_back(monotonic_ns() - sent);
      }
    });
    for (std::int64_t i = 0; i < st.n(); ++i) {
      Api::sleep(kWakePause);
      c.send(monotonic_ns());
      compute(kWakeCompute);
    }
    c.close();
    receiver.join();
    report_latencies(st, late);
  }

  static void timer_late(state& st) {
    hogs load(st.procs(), [] {
      compute(kLoadCompute);
      Api::yield();
    });
    typename Api::mutex mu;
    std::vector<std::int64_t> late;
    spawn_all(kLateSleepers, [&, n = st.n()](std::int64_t i) {
      std::vector<std::int64_t> mine;
      for (std::int64_t k = share(n, kLateSleepers, i); k > 0; --k) {
        std::int64_t start = monotonic_ns();
        Api::sleep(kLateSleep);
        mine.push_back(monotonic_ns() - start -
                       std::chrono::nanoseconds(kLateSleep).count());
      }
      lock held(mu);
      late.insert(late.end(), mine.begin(), mine.end());
    });
    load.end();
    report_latencies(st, late);
  }

  static void hog_mix(state& st) {
    hogs never_yield(kHogs, [] {});
    spawn_all(kHogs, [n = st.n()](std::int64_t i) {
      for (std::int64_t k = share(n, kHogs, i); k > 0; --k) {
        compute(kHogWork);
        Api::yield();
      }
    });
    st.stop_timer();
    never_yield.end();
  }

  static void hog_sleep(state& st) {
    hogs never_yield(st.procs(), [] {});
    std::vector<std::int64_t> late;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      std::int64_t start = monotonic_ns();
      Api::sleep(kHogSleep);
      late.push_back(monotonic_ns() - start -
                     std::chrono::nanoseconds(kHogSleep).count());
    }
    st.stop_timer();
    never_yield.end();
    report_hog_sleep(st, late);
  }

  // table has those of these rows that need no preemption; hog_table the rest.
  static std::vector<row> table() {
    return {{"Chan8B", "", elements<8>, kPlain},
            {"Chan64B", "", elements<64>, kPlain},
            {"Chan512B", "", elements<512>, kPlain},
            {"Chan4096B", "", elements<4096>, kPlain},
            {"MutexWait2", "", mutex_waiters<2>, kPlain},
            {"MutexWait100", "", mutex_waiters<100>, kPlain},
            {"MutexWait10k", "", mutex_waiters<10'000>, kPlain},
            {"NQueens8", "", nqueens, kPlain},
            {"Matmul512", "", matmul, kPlain},
            {"Mergesort1M", "", mergesort, kPlain},
            {"UTS", "", uts, kPlain},
            {"Chameneos", "", chameneos, kPlain},
            {"Burst100k", "", burst, kOnce},
            {"WakeLatency", "", wake_latency, kPlain},
            {"TimerLate", "", timer_late, kPlain}};
  }
  static std::vector<row> hog_table() {
    return {{"HogMix", "", hog_mix, kPlain},
            {"HogSleep", "", hog_sleep, kPlain}};
  }
};

}  // namespace bench
