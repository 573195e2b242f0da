// tests/progs/idle.cc - a program that has nothing to do for an hour.

#include <chrono>
#include <cstdio>

#include "burrow/burrow.h"

int main() {
  using namespace burrow;
  using namespace std::chrono_literals;
  return run([] {
    for (int i = 0; i < 100; i++) go([] { sleep_for(1h); });
    auto c = make_chan<int>();
    for (int i = 0; i < 100; i++) go([c] { c.recv(); });
    sleep_for(10ms);
    std::puts("idle");
    std::fflush(stdout);
    sleep_for(1h);
  });
}
