// tests/progs/hogs.cc - ten goroutines that block their threads: how many at the
// same time is what this prints. For the bound on threads without a p.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "burrow/burrow.h"

int main() {
  return burrow::run(
      [] {
        std::atomic<int> inside{0}, most{0};
        burrow::wait_group wg;
        for (int i = 0; i < 10; i++)
          wg.go([&] {
            const int n = ++inside;
            int seen = most;
            while (seen < n && !most.compare_exchange_weak(seen, n)) {
            }
            ::usleep(200'000);
            --inside;
          });
        wg.wait();
        std::printf("%d\n", most.load());
      },
      {.maxprocs = 1});
}
