// futures - start a call now, ask for its result later.
//
// Shows   async, get, exceptions that come out of get, select on a future
// Run     ./examples/futures
// Output  fib(20) = 6765
//         caught: no fib of a negative number
//         the fast one came first
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

namespace {

// fib forks at each level: about 11,000 goroutines for fib(20).
int fib(int n) {
  if (n < 0) throw std::invalid_argument("no fib of a negative number");
  if (n < 2) return n;
  auto left = burrow::async(fib, n - 1);  // fork
  const int right = fib(n - 2);
  return left.get() + right;  // join
}

int after_a_while(std::chrono::milliseconds d) {
  burrow::sleep_for(d);
  return 1;
}

}  // namespace

int main() {
  return burrow::run([] {
    std::printf("fib(20) = %d\n", fib(20));

    // What the call throws is kept for the one who asks.
    auto wrong = burrow::async(fib, -1);
    try {
      wrong.get();
    } catch (const std::invalid_argument& e) {
      std::printf("caught: %s\n", e.what());
    }

    // done() is closed when the result is there, so that a future can stand
    // in a select beside any other channel. A future that is dropped, as slow
    // is here, drops its result.
    auto slow = burrow::async(after_a_while, 1h);
    auto fast = burrow::async(after_a_while, 5ms);
    burrow::select(
        burrow::recv(slow.done(), [] { std::printf("slow was first?\n"); }),
        burrow::recv(fast.done(),
                     [] { std::printf("the fast one came first\n"); }));
  });
}
