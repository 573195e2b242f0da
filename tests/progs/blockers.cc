// tests/progs/blockers.cc - N goroutines block their threads at the same time.
//
//   blockers N LIMIT

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "burrow/burrow.h"

int main(int argc, char** argv) {
  if (argc != 3) return 9;
  const int n = std::atoi(argv[1]);
  burrow::debug::set_max_threads(std::atoi(argv[2]));
  return burrow::run([n] {
    std::atomic<int> in{0};
    std::atomic<bool> stop{false};
    burrow::wait_group wg;
    for (int i = 0; i < n; ++i)
      wg.go([&] {
        burrow::blocking([&] {
          in++;
          stop.wait(false);  // on a futex: ten thousand shall not be in the way
        });
      });
    while (in < n) burrow::sleep_for(std::chrono::milliseconds(1));
    stop = true;
    stop.notify_all();
    wg.wait();
    std::printf("%d at once\n", n);
  });
}
