// bench/peers/rows.h - the rows of burrow_bench for the peers in C++.
//
// Same names, programs and metrics as in bench/*.cc. Api is what a peer offers:
//
//   task spawn(f)             a task with join()
//   auto async(f)             a future with get()
//   void yield(), void sleep(duration)
//   mutex, condition          as std's
//   unbuffered<T>, buffered<T>  made with a capacity; send(v), close(),
//                             bool recv(T&): false once closed and drained
//
// Tasks are joined, where burrow has a wait_group: that is the idiom of these
// libraries.
//
// Rejected: burrow's own rows from these templates too. Its idiom differs, and a
// benchmark is read as an example.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "bench/bench.h"
#include "bench/peers/common.h"
#include "bench/procstat.h"
#include "bench/workload.h"

namespace bench {

template <class Api>
class peer : common<Api> {
  using base = common<Api>;
  using typename base::latch;
  using typename base::task;
  template <class T>
  using link = typename base::template link<T>;
  using base::spawn_all;

  template <class T>
  static link<T> make_link() {
    return base::template make_link<T>();
  }

 public:
  static void yield_among(state& st, std::int64_t tasks) {
    spawn_all(tasks, [n = st.n(), tasks](std::int64_t i) {
      for (std::int64_t k = share(n, tasks, i); k > 0; --k) Api::yield();
    });
  }
  static void yield_2(state& st) { yield_among(st, 2); }
  static void yield_1000(state& st) { yield_among(st, 1000); }

  static void spawn_waves_of_1000(state& st) {
    for (std::int64_t left = st.n(); left > 0; left -= 1000) {
      spawn_all(std::min<std::int64_t>(left, 1000), [](std::int64_t) {});
    }
  }
  static void spawn_wave_of_1m(state& st) {
    constexpr std::int64_t kWave = 1'000'000;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      spawn_all(kWave, [](std::int64_t) {});
    }
    st.stop_timer();
    st.metric(static_cast<double>(st.watch().wall_ns()) /
                  static_cast<double>(st.n() * kWave),
              "ns/goroutine");
  }
  static void spawn_join(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) Api::spawn([] {}).join();
  }
  static void async_get(state& st) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      sum += Api::async([] { return 1; }).get();
    }
    if (sum != st.n()) fail("AsyncGet: wrong sum");
  }

  static void ping_pong(state& st) {
    auto ping = make_link<int>();
    auto pong = make_link<int>();
    task other = Api::spawn([ping, pong] {
      for (int v; ping->recv(v);) pong->send(v);
    });
    for (std::int64_t i = 0; i < st.n(); ++i) {
      int v = 0;
      ping->send(1);
      pong->recv(v);
    }
    ping->close();
    other.join();
  }

  static void ring_1000(state& st) {
    constexpr std::size_t kRing = 1'000;
    std::vector<link<std::int64_t>> links(kRing);
    for (auto& c : links) c = make_link<std::int64_t>();
    auto over = make_link<int>();
    std::vector<task> all;
    for (std::size_t i = 0; i < kRing; ++i) {
      bool closes = i + 1 < kRing;
      all.push_back(Api::spawn(
          [from = links[i], to = links[(i + 1) % kRing], over, closes] {
            for (std::int64_t hops_left; from->recv(hops_left);) {
              if (hops_left > 1) {
                to->send(hops_left - 1);
              } else {
                over->send(0);
              }
            }
            if (closes) to->close();
          }));
    }
    st.reset_timer();
    int end = 0;
    links[0]->send(st.n());
    over->recv(end);
    st.stop_timer();
    links[0]->close();
    for (task& t : all) t.join();
  }

  static void spsc_128(state& st) {
    typename Api::template buffered<int> c(128);
    task sender = Api::spawn([&c, n = st.n()] {
      for (std::int64_t i = 0; i < n; ++i) c.send(1);
      c.close();
    });
    std::int64_t got = 0;
    for (int v; c.recv(v);) got += v;
    sender.join();
    if (got != st.n()) fail("SPSC128: items were lost");
  }

  static void mpmc_128(state& st) {
    constexpr int kSide = 4;
    typename Api::template buffered<int> c(128);
    std::atomic<std::int64_t> sum{0};
    std::vector<task> receivers;
    for (int i = 0; i < kSide; ++i) {
      receivers.push_back(Api::spawn([&] {
        std::int64_t mine = 0;
        for (int v; c.recv(v);) mine += v;
        sum += mine;
      }));
    }
    spawn_all(kSide, [&c, n = st.n()](std::int64_t i) {
      for (std::int64_t k = share(n, kSide, i); k > 0; --k) c.send(1);
    });
    c.close();
    for (task& t : receivers) t.join();
    if (sum != st.n()) fail("MPMC4x4: items were lost");
  }

  static void sieve_2000(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) {
      std::vector<task> all;
      auto c = make_link<int>();
      all.push_back(Api::spawn([c] {
        for (int k = 2; k <= kLastPrime; ++k) c->send(k);
        c->close();
      }));
      int prime = 0;
      for (int k = 0; k < kPrimes; ++k) {
        c->recv(prime);
        auto out = make_link<int>();
        all.push_back(Api::spawn([in = c, out, prime] {
          for (int v; in->recv(v);) {
            if (v % prime != 0) out->send(v);
          }
          out->close();
        }));
        c = out;
      }
      int more = 0;
      if (c->recv(more)) fail("Sieve2000: a number after the last prime");
      if (prime != kLastPrime) fail("Sieve2000: wrong prime");
      for (task& t : all) t.join();
    }
  }

  static void mutex(state& st) {
    typename Api::mutex mu;
    std::int64_t counter = 0;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      mu.lock();
      ++counter;
      mu.unlock();
    }
    keep(counter);
  }

  static void mutex_among(state& st, std::int64_t tasks) {
    typename Api::mutex mu;
    std::int64_t counter = 0;
    spawn_all(tasks, [&, n = st.n(), tasks](std::int64_t i) {
      for (std::int64_t k = share(n, tasks, i); k > 0; --k) {
        mu.lock();
        ++counter;
        mu.unlock();
      }
    });
    if (counter != st.n()) fail("Mutex: the counter is wrong");
  }
  static void mutex_8(state& st) { mutex_among(st, 8); }

  static void skynet_node(link<std::int64_t> up, std::int64_t number,
                          std::int64_t leaves) {
    if (leaves == 1) {
      up->send(number);
      return;
    }
    auto down = make_link<std::int64_t>();
    std::int64_t part = leaves / 10;
    std::array<task, 10> all;
    for (std::int64_t i = 0; i < 10; ++i) {
      all[static_cast<std::size_t>(i)] =
          Api::spawn([down, child = number + i * part, part] {
            skynet_node(down, child, part);
          });
    }
    std::int64_t sum = 0;
    std::int64_t v = 0;
    for (int i = 0; i < 10 && down->recv(v); ++i) sum += v;
    for (task& t : all) t.join();
    up->send(sum);
  }
  static void skynet(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) {
      auto c = make_link<std::int64_t>();
      std::int64_t sum = 0;
      task root = Api::spawn([c] { skynet_node(c, 0, 1'000'000); });
      c->recv(sum);
      root.join();
      if (sum != 499'999'500'000) fail("Skynet: wrong sum");
    }
  }

  static int fib_join(int n) {
    if (n < 2) return n;
    int first = 0;
    task half = Api::spawn([&first, n] { first = fib_join(n - 1); });
    int second = fib_join(n - 2);
    half.join();
    return first + second;
  }
  static int fib_async(int n) {
    if (n < 2) return n;
    auto first = Api::async([n] { return fib_async(n - 1); });
    int second = fib_async(n - 2);
    return first.get() + second;
  }
  template <int (*Fib)(int)>
  static void fib_25(state& st) {
    for (std::int64_t i = 0; i < st.n(); ++i) {
      if (Fib(25) != 75'025) fail("Fib25: wrong result");
    }
  }

  static void parked(state& st, std::int64_t count) {
    double create_ns = 0;
    double wake_ns = 0;
    for (std::int64_t i = 0; i < st.n(); ++i) {
      st.stop_timer();
      memory_usage before = read_memory_usage();
      typename Api::template unbuffered<int> gate(1);
      latch ready(count);
      std::vector<task> all;
      all.reserve(static_cast<std::size_t>(count));
      st.start_timer();
      std::int64_t t0 = monotonic_ns();
      for (std::int64_t k = 0; k < count; ++k) {
        all.push_back(Api::spawn([&] {
          int v = 0;
          ready.arrive();
          gate.recv(v);
        }));
      }
      ready.wait();
      create_ns += static_cast<double>(monotonic_ns() - t0);
      st.stop_timer();
      report_memory(st, before, read_memory_usage(), count);
      st.start_timer();
      t0 = monotonic_ns();
      gate.close();
      for (task& t : all) t.join();
      wake_ns += static_cast<double>(monotonic_ns() - t0);
    }
    double all = static_cast<double>(st.n() * count);
    st.metric(create_ns / all, "create-ns/goroutine");
    st.metric(wake_ns / all, "wake-ns/goroutine");
  }
  static void parked_100k(state& st) { parked(st, 100'000); }
  static void parked_1m(state& st) { parked(st, 1'000'000); }

  static void timers_100k(state& st) {
    std::atomic<std::int64_t> late_ns{0};
    for (std::int64_t i = 0; i < st.n(); ++i) {
      spawn_all(kSleepers, [&late_ns](std::int64_t s) {
        std::int64_t asked = 0;
        std::int64_t start = monotonic_ns();
        for (int k = 0; k < kSleeps; ++k) {
          asked += sleep_ms(s, k) * 1'000'000;
          Api::sleep(std::chrono::milliseconds(sleep_ms(s, k)));
        }
        late_ns += monotonic_ns() - start - asked;
      });
    }
    st.stop_timer();
    report_timers(st, late_ns);
  }

  // table has all of these rows; a peer leaves out what it cannot do.
  static std::vector<row> table() {
    return {{"Yield", "", yield_2, kPlain},
            {"Yield1000", "", yield_1000, kPlain},
            {"SpawnWaves1000", "", spawn_waves_of_1000, kPlain},
            {"SpawnWave1M", "", spawn_wave_of_1m, kOnce},
            {"SpawnJoin", "", spawn_join, kPlain},
            {"AsyncGet", "", async_get, kPlain},
            {"PingPong", "", ping_pong, kPlain},
            {"Ring1000", "", ring_1000, kPlain},
            {"SPSC128", "", spsc_128, kPlain},
            {"MPMC4x4", "", mpmc_128, kPlain},
            {"Sieve2000", "", sieve_2000, kPlain},
            {"Mutex", "", mutex, kPlain},
            {"Mutex8", "", mutex_8, kPlain},
            {"Skynet1M", "", skynet, kOnce},
            {"Fib25", "", fib_25<fib_join>, kPlain},
            {"Fib25Async", "", fib_25<fib_async>, kPlain},
            {"Parked100k", "", parked_100k, kOnce},
            {"Parked1M", "", parked_1m, kOnce},
            {"Timers100k", "", timers_100k, kOnce}};
  }
};

}  // namespace bench
