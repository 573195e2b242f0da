// pipeline - stages joined by channels; each stage closes what it sends on.
//
// Shows   range loops over channels, close, fan-out and fan-in
// Run     ./examples/pipeline
// Output  sum of the squares of 1..1000 = 333833500
#include <cstdint>
#include <cstdio>
#include <vector>

#include "burrow/burrow.h"

namespace {

using numbers = burrow::recv_chan<std::int64_t>;

// generate is the source: 1 to n, then the channel is closed.
numbers generate(int n) {
  auto out = burrow::make_chan<std::int64_t>();
  burrow::go([out, n] {
    for (int i = 1; i <= n; ++i) out.send(i);
    out.close();
  });
  return out;
}

// square is a stage: it ends when its input is closed, and closes its output.
numbers square(numbers in) {
  auto out = burrow::make_chan<std::int64_t>();
  burrow::go([in, out] {
    for (auto v : in) out.send(v * v);
    out.close();
  });
  return out;
}

// merge sends what arrives on any of ins. Its output is closed once all of
// them are: a wait_group counts the goroutines that may still send.
numbers merge(const std::vector<numbers>& ins) {
  auto out = burrow::make_chan<std::int64_t>(16);
  burrow::go([ins, out] {
    burrow::wait_group copies;
    for (const numbers& in : ins) {
      copies.go([in, out] {
        for (auto v : in) out.send(v);
      });
    }
    copies.wait();
    out.close();
  });
  return out;
}

}  // namespace

int main() {
  return burrow::run([] {
    const numbers source = generate(1000);

    // Fan out: three squarers share one source, each number goes to one of
    // them. Fan in: merge makes one channel of their three.
    std::vector<numbers> squares;
    for (int i = 0; i < 3; ++i) squares.push_back(square(source));

    std::int64_t sum = 0;
    for (auto v : merge(squares)) sum += v;
    std::printf("sum of the squares of 1..1000 = %lld\n",
                static_cast<long long>(sum));
  });
}
