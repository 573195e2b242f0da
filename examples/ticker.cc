// ticker - do something again and again at an interval, then stop.
//
// Shows   ticker, timer, stop and its promise
// Run     ./examples/ticker
// Output  tick 1
//         tick 2
//         tick 3
//         ticker stopped, no tick came after
//         the timer was stopped before it fired
#include <chrono>
#include <cstdio>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

int main() {
  return burrow::run([] {
    const auto start = std::chrono::steady_clock::now();
    burrow::ticker ticker{20ms};

    for (int i = 1; i <= 3; ++i) {
      const auto at = ticker.c().recv().value();  // when it ticked
      if (at - start < i * 20ms) std::printf("a tick came too early\n");
      std::printf("tick %d\n", i);
    }

    // After stop() has returned no tick can be received: neither a later one
    // nor one that was on its way.
    ticker.stop();
    burrow::select(
        burrow::recv(ticker.c(), [] { std::printf("a tick after stop\n"); }),
        burrow::recv(burrow::after(60ms), [] {
          std::printf("ticker stopped, no tick came after\n");
        }));

    // A timer fires once. stop() says whether it was still to fire.
    burrow::timer timer{1h};
    if (timer.stop()) std::printf("the timer was stopped before it fired\n");
  });
}
