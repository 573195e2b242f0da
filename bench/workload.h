// bench/workload.h - what some rows compute, the same in every C++ program.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/bench.h"

namespace bench {

constexpr std::int64_t kSleepers = 100'000;
constexpr int kSleeps = 10;

// scramble is splitmix64: the same random numbers in every run and every peer.
constexpr std::uint64_t scramble(std::uint64_t x) {
  x *= 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// sleep_ms is the k-th sleep of a sleeper: 1 to 100 ms.
inline std::int64_t sleep_ms(std::int64_t sleeper, int k) {
  auto x = static_cast<std::uint64_t>(sleeper * kSleeps + k + 1);
  return static_cast<std::int64_t>(scramble(x) % 100) + 1;
}

// ideal_ms is the time of the sleeper that sleeps longest.
inline std::int64_t ideal_ms() {
  std::int64_t longest = 0;
  for (std::int64_t i = 0; i < kSleepers; ++i) {
    std::int64_t sum = 0;
    for (int k = 0; k < kSleeps; ++k) sum += sleep_ms(i, k);
    longest = std::max(longest, sum);
  }
  return longest;
}

// report_timers adds the metrics of such a row; late_ns is of all sleeps.
inline void report_timers(state& st, std::int64_t late_ns) {
  double n = static_cast<double>(st.n());
  st.metric(static_cast<double>(st.watch().wall_ns()) / n / 1e6, "wall-ms");
  st.metric(static_cast<double>(ideal_ms()), "ideal-ms");
  st.metric(static_cast<double>(st.watch().cpu_ns()) / n / 1e9, "cpu-s");
  st.metric(static_cast<double>(late_ns) / n / (kSleepers * kSleeps) / 1e3,
            "late-us/sleep");
}

// The 2,000th prime: where the sieve ends.
constexpr int kPrimes = 2'000;
constexpr int kLastPrime = 17'389;

// Between two wake-ups of WakeLatency, and after each.
constexpr std::chrono::microseconds kWakePause{100};
constexpr std::chrono::microseconds kWakeCompute{1'000};
constexpr int kLateSleepers = 100;
constexpr std::chrono::milliseconds kLateSleep{1};
constexpr std::chrono::microseconds kLoadCompute{20};
constexpr int kHogs = 4;
constexpr std::chrono::microseconds kHogWork{10};

constexpr std::chrono::milliseconds kHogSleep{10};
// report_hog_sleep adds how late such sleeps ended; sorts.
inline void report_hog_sleep(state& st, std::vector<std::int64_t>& late) {
  std::sort(late.begin(), late.end());
  if (late.front() < 0) fail("HogSleep: a sleep ended early");
  const auto at = [&](std::size_t percent) {
    return static_cast<double>(late[(late.size() - 1) * percent / 100]) / 1e6;
  };
  st.metric(at(50), "p50-late-ms");
  st.metric(at(99), "p99-late-ms");
}

enum class colour : std::uint8_t { blue, red, yellow };
constexpr std::size_t kCreatures = 10;

constexpr colour first_colour(std::size_t creature) {
  return static_cast<colour>(creature % 3);
}

// complement is the colour of both after they have met: their own if they are
// alike, else the third.
constexpr colour complement(colour a, colour b) {
  if (a == b) return a;
  return static_cast<colour>(3 - static_cast<int>(a) - static_cast<int>(b));
}

}  // namespace bench
