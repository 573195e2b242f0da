// tests/progs/hogs.cc WANTED - ten goroutines that block their threads until
// WANTED of them do so at the same time, or no more have come for two seconds.
// Prints how many there were. For the bound on threads without a p.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "burrow/burrow.h"

namespace {

using clock_type = std::chrono::steady_clock;

std::atomic<int> inside{0};
std::atomic<clock_type::rep> last{0};  // when the last one came

clock_type::rep now() { return clock_type::now().time_since_epoch().count(); }

void block(int wanted) {
  constexpr clock_type::duration kPatience = std::chrono::seconds(2);
  ++inside;
  last = now();
  while (inside < wanted && now() - last < kPatience.count()) ::usleep(1000);
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 10;
  return burrow::run(
      [wanted] {
        burrow::wait_group wg;
        std::atomic<bool> over{false};
        std::atomic<int> most{0};
        for (int i = 0; i < 10; i++)
          wg.go([&] {
            if (over) return;  // one that had to wait for a thread
            block(wanted);
            if (!over.exchange(true)) most = inside.load();
          });
        wg.wait();
        std::printf("%d\n", most.load());
      },
      {.maxprocs = 1});
}
