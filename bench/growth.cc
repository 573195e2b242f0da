// bench/growth.cc - rows: what an operation costs as goroutines grow in number
// (--growth; bench/growth.py draws them). Flat is good.
//
// Each row makes N goroutines, which wait until all are there, and measures what
// they then do: at least kLeast operations each, whatever n the harness asks
// for, so that their waking is a small part.
#include <algorithm>
#include <string>
#include <vector>

#include "bench/bench.h"
#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "burrow/time.h"

namespace bench {
namespace {

constexpr std::int64_t kLeast = 100;
constexpr std::int64_t kSleepsEach = 20;

// crowd lets `count` goroutines do f(i, times) and reports the cost of one of
// the times.
template <class F>
void crowd(state& st, std::int64_t count, F f) {
  std::int64_t times = std::max(st.n() / count, kLeast);
  auto gate = burrow::make_chan<burrow::unit>();
  burrow::wait_group ready;
  burrow::wait_group ended;
  ready.add(static_cast<int>(count));
  ended.add(static_cast<int>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    burrow::go([&, i] {
      ready.done();
      gate.recv();
      f(i, times);
      ended.done();
    });
  }
  ready.wait();
  st.reset_timer();
  gate.close();
  ended.wait();
  st.stop_timer();
  double all = static_cast<double>(count * times);
  st.metric(static_cast<double>(st.watch().wall_ns()) / all, "ns/op");
  st.metric(static_cast<double>(st.watch().cpu_ns()) / all, "cpu-ns/op");
}

template <std::int64_t N>
void yield(state& st) {
  crowd(st, N, [](std::int64_t, std::int64_t times) {
    for (; times > 0; --times) burrow::yield();
  });
}

template <std::int64_t N>
void mutex(state& st) {
  burrow::mutex mu;
  std::int64_t counter = 0;
  crowd(st, N, [&](std::int64_t, std::int64_t times) {
    for (; times > 0; --times) {
      mu.lock();
      ++counter;
      mu.unlock();
    }
  });
}

// Pairs over a channel of each; a goroutine alone has a channel of cap 1.
template <std::int64_t N>
void ping_pong(state& st) {
  std::vector<burrow::chan<int>> there;
  std::vector<burrow::chan<int>> back;
  for (std::int64_t i = 0; i < N; i += 2) {
    there.push_back(burrow::make_chan<int>(N == 1));
    back.push_back(burrow::make_chan<int>(N == 1));
  }
  crowd(st, N, [&](std::int64_t i, std::int64_t times) {
    auto pair = static_cast<std::size_t>(i / 2);
    for (; times > 0; --times) {
      if (i % 2 == 0) {
        there[pair].send(1);
        if (N > 1) back[pair].recv();
      }
      if (i % 2 == 1 || N == 1) there[pair].recv();
      if (i % 2 == 1) back[pair].send(1);
    }
  });
}

// All send into one channel of cap 128; one goroutine more receives.
template <std::int64_t N>
void fan_in(state& st) {
  auto c = burrow::make_chan<int>(128);
  burrow::wait_group wg;
  wg.go([c] {
    while (c.recv()) {
    }
  });
  crowd(st, N, [&](std::int64_t, std::int64_t times) {
    for (; times > 0; --times) c.send(1);
  });
  c.close();
  wg.wait();
}

// Each sleeps for 1 to 10 ms; only processor time says what that costs, so it
// stands as the row's time.
template <std::int64_t N>
void sleep(state& st) {
  crowd(st, N, [](std::int64_t i, std::int64_t) {
    for (std::int64_t k = 0; k < kSleepsEach; ++k) {
      burrow::sleep_for(std::chrono::milliseconds((i + k) % 10 + 1));
    }
  });
  st.metric(static_cast<double>(st.watch().cpu_ns()) / (N * kSleepsEach),
            "ns/op");
  st.metric(static_cast<double>(st.watch().cpu_ns()) / (N * kSleepsEach),
            "cpu-ns/op");
}

// A wave of N goroutines that do nothing, per goroutine.
template <std::int64_t N>
void spawn(state& st) {
  std::int64_t waves = std::max<std::int64_t>(st.n() / N, 1);
  for (std::int64_t w = 0; w < waves; ++w) {
    burrow::wait_group wg;
    wg.add(static_cast<int>(N));
    for (std::int64_t i = 0; i < N; ++i) burrow::go([&wg] { wg.done(); });
    wg.wait();
  }
  st.stop_timer();
  double all = static_cast<double>(waves * N);
  st.metric(static_cast<double>(st.watch().wall_ns()) / all, "ns/op");
  st.metric(static_cast<double>(st.watch().cpu_ns()) / all, "cpu-ns/op");
}

template <std::int64_t N>
void add_rows_of(std::vector<row>& rows) {
  // A row's name is a C string that lives as long as the program.
  static const std::string suffix = "/goroutines=" + std::to_string(N);
  static const std::string names[] = {
      "GrowYield" + suffix, "GrowMutex" + suffix, "GrowPingPong" + suffix,
      "GrowFanIn" + suffix, "GrowSleep" + suffix, "GrowSpawn" + suffix};
  rows.push_back({names[0].c_str(), "yield, per call", yield<N>, kGrowth});
  rows.push_back({names[1].c_str(), "lock + unlock", mutex<N>, kGrowth});
  rows.push_back(
      {names[2].c_str(), "half a round trip of a pair", ping_pong<N>, kGrowth});
  rows.push_back({names[3].c_str(), "send into one channel of cap 128",
                  fan_in<N>, kGrowth});
  rows.push_back(
      {names[4].c_str(), "a sleep, processor time", sleep<N>, kGrowth | kOnce});
  rows.push_back(
      {names[5].c_str(), "spawn + run + exit in one wave", spawn<N>, kGrowth});
}

}  // namespace

void add_growth_rows(std::vector<row>& rows) {
  add_rows_of<1>(rows);
  add_rows_of<10>(rows);
  add_rows_of<100>(rows);
  add_rows_of<1'000>(rows);
  add_rows_of<10'000>(rows);
  add_rows_of<100'000>(rows);
  add_rows_of<1'000'000>(rows);
}

}  // namespace bench
