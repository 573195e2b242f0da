// bench/forkjoin.cc - rows: trees of goroutines.
#include "bench/bench.h"
#include "burrow/chan.h"
#include "burrow/future.h"
#include "burrow/go.h"
#include "burrow/sync.h"

namespace bench {
namespace {

// skynet: each node makes 10 children and sums what they send; the leaves send
// their number.
void skynet_node(burrow::chan<std::int64_t> up, std::int64_t number,
                 std::int64_t leaves) {
  if (leaves == 1) {
    up.send(number);
    return;
  }
  auto down = burrow::make_chan<std::int64_t>();
  std::int64_t part = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i) {
    burrow::go([down, child = number + i * part, part] {
      skynet_node(down, child, part);
    });
  }
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += down.recv().value_or(0);
  up.send(sum);
}

void skynet(state& st) {
  for (std::int64_t i = 0; i < st.n(); ++i) {
    auto c = burrow::make_chan<std::int64_t>();
    burrow::go([c] { skynet_node(c, 0, 1'000'000); });
    if (c.recv() != 499'999'500'000) fail("Skynet: wrong sum");
  }
}

// fib with a goroutine a call: the first half is a new goroutine, the second
// is called in place.
constexpr int kFibArgument = 25;
constexpr int kFibResult = 75'025;

int fib_wait_group(int n) {
  if (n < 2) return n;
  int first = 0;
  burrow::wait_group wg;
  wg.go([&first, n] { first = fib_wait_group(n - 1); });
  int second = fib_wait_group(n - 2);
  wg.wait();
  return first + second;
}

int fib_async(int n) {
  if (n < 2) return n;
  auto first = burrow::async(fib_async, n - 1);
  int second = fib_async(n - 2);
  return first.get() + second;
}

template <int (*Fib)(int)>
void fib(state& st) {
  for (std::int64_t i = 0; i < st.n(); ++i) {
    if (Fib(kFibArgument) != kFibResult) fail("Fib25: wrong result");
  }
}

}  // namespace

void add_forkjoin_rows(std::vector<row>& rows) {
  rows.push_back({"Skynet1M",
                  "skynet of 1,000,000 leaves, first in its process", skynet,
                  kOnce | kShort});
  rows.push_back({"Fib25", "fib(25), a goroutine a call, wait_group",
                  fib<fib_wait_group>, kShort});
  rows.push_back({"Fib25Async", "fib(25), a goroutine a call, async + get",
                  fib<fib_async>, kPlain});
}

}  // namespace bench
