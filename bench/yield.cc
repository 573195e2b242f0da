// bench/yield.cc - rows: giving the p to the next goroutine.
#include "bench/bench.h"
#include "burrow/go.h"
#include "burrow/sync.h"

namespace bench {
namespace {

// yield_among lets `goroutines` goroutines yield n times in all.
void yield_among(state& st, int goroutines) {
  burrow::wait_group wg;
  wg.add(goroutines);
  for (int i = 0; i < goroutines; ++i) {
    std::int64_t times = share(st.n(), goroutines, i);
    burrow::go([&wg, times] {
      for (std::int64_t k = 0; k < times; ++k) burrow::yield();
      wg.done();
    });
  }
  wg.wait();
}

void yield_2(state& st) { yield_among(st, 2); }
void yield_1000(state& st) { yield_among(st, 1000); }

}  // namespace

void add_yield_rows(std::vector<row>& rows) {
  rows.push_back({"Yield", "yield by 2 goroutines, per call", yield_2, kShort});
  rows.push_back(
      {"Yield1000", "yield by 1,000 goroutines, per call", yield_1000, kPlain});
}

}  // namespace bench
