// bench/spawn.cc - rows: making goroutines that do nothing and end.
#include <algorithm>

#include "bench/bench.h"
#include "burrow/future.h"
#include "burrow/go.h"
#include "burrow/sync.h"

namespace bench {
namespace {

// wave makes `size` trivial goroutines and waits for all of them.
void wave(std::int64_t size) {
  burrow::wait_group wg;
  wg.add(static_cast<int>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    burrow::go([&wg] { wg.done(); });
  }
  wg.wait();
}

void spawn_waves_of_1000(state& st) {
  constexpr std::int64_t kWave = 1'000;
  for (std::int64_t left = st.n(); left > 0; left -= kWave) {
    wave(std::min(left, kWave));
  }
}

void spawn_wave_of_1m(state& st) {
  constexpr std::int64_t kWave = 1'000'000;
  for (std::int64_t i = 0; i < st.n(); ++i) wave(kWave);
  st.stop_timer();
  st.metric(static_cast<double>(st.watch().wall_ns()) /
                static_cast<double>(st.n() * kWave),
            "ns/goroutine");
}

void spawn_join(state& st) {
  burrow::wait_group wg;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    wg.add(1);
    burrow::go([&wg] { wg.done(); });
    wg.wait();
  }
}

void async_get(state& st) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    sum += burrow::async([] { return 1; }).get();
  }
  if (sum != st.n()) fail("AsyncGet: wrong sum");
}

}  // namespace

void add_spawn_rows(std::vector<row>& rows) {
  rows.push_back({"SpawnWaves1000",
                  "spawn + run + exit in waves of 1,000, per goroutine",
                  spawn_waves_of_1000, kShort});
  rows.push_back({"SpawnWave1M", "spawn + run + exit of 1,000,000 in one wave",
                  spawn_wave_of_1m, kOnce});
  rows.push_back(
      {"SpawnJoin", "spawn one goroutine and wait for it", spawn_join, kShort});
  rows.push_back({"AsyncGet", "async and get its value, one at a time",
                  async_get, kPlain});
}

}  // namespace bench
