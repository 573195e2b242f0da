// sieve - the prime sieve of concurrent programming: one goroutine per prime.
//
// Shows   a chain of goroutines that grows while it runs
// Run     ./examples/sieve [COUNT]        the first COUNT primes, default 10
// Output  2 3 5 7 11 13 17 19 23 29
#include <cstdio>

#include "burrow/burrow.h"
#include "examples/args.h"

namespace {

// generate sends 2, 3, 4, ... for ever.
void generate(burrow::send_chan<int> out) {
  for (int i = 2;; ++i) out.send(i);
}

// filter passes on what prime does not divide.
void filter(burrow::recv_chan<int> in, burrow::send_chan<int> out, int prime) {
  for (int i : in) {
    if (i % prime != 0) out.send(i);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long count = examples::one_number(argc, argv, "COUNT", 10, 1, 5000);
  return burrow::run([count] {
    auto numbers = burrow::make_chan<int>();
    burrow::go(generate, numbers);

    for (long i = 0; i < count; ++i) {
      // The first number that gets through every filter is a prime. It gets a
      // filter of its own, at the end of the chain.
      const int prime = numbers.recv().value();
      std::printf("%s%d", i == 0 ? "" : " ", prime);

      auto filtered = burrow::make_chan<int>();
      burrow::go(filter, numbers, filtered, prime);
      numbers = filtered;
    }
    std::printf("\n");
    // The goroutines of the chain still wait on their channels. When the main
    // goroutine returns, run() stops them.
  });
}
