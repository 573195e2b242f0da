// hog - goroutines that compute without end stop nobody.
//
// Twice as many endless loops as there are processors to run goroutines on never
// call burrow. Their turn is taken from them, not their thread; so a ticker, a
// channel and new goroutines go on. How late the ticks were goes to stderr.
//
// Shows   preemption, maxprocs, ticker
// Run     ./examples/hog
// Output  20 ticks
//         1000 messages
//         100 new goroutines
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

#include "burrow/burrow.h"

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

std::atomic<bool> enough{false};

// hog calls nothing. It would go on for ever, but for the end of the program.
void hog() {
  while (!enough.load(std::memory_order_relaxed)) {
  }
}

void ticks() {
  constexpr int kTicks = 20;
  clock_type::duration latest{};
  for (int i = 0; i < kTicks; ++i) {
    const auto due = clock_type::now() + 10ms;
    burrow::sleep_until(due);
    latest = std::max(latest, clock_type::now() - due);
  }
  std::printf("%d ticks\n", kTicks);
  std::fprintf(stderr, "late by %.1f ms at most\n",
               std::chrono::duration<double, std::milli>(latest).count());
}

void messages() {
  auto c = burrow::make_chan<int>();
  burrow::go([c] {
    for (int i = 1; i <= 1000; ++i) c.send(i);
    c.close();
  });
  int n = 0;
  for ([[maybe_unused]] int v : c) ++n;
  std::printf("%d messages\n", n);
}

void newcomers() {
  burrow::wait_group wg;
  std::atomic<int> n{0};
  for (int i = 0; i < 100; ++i) wg.go([&] { ++n; });
  wg.wait();
  std::printf("%d new goroutines\n", n.load());
}

}  // namespace

int main() {
  return burrow::run([] {
    burrow::wait_group hogs;
    for (int i = 0; i < 2 * burrow::maxprocs(); ++i) hogs.go(hog);
    ticks();
    messages();
    newcomers();
    enough = true;
    hogs.wait();
  });
}
