// tests/progs/fewthreads.cc - goroutines that block their threads where the system
// gives the program no more than a few.
//
//   fewthreads THREADS
//
// 200 of them block, as many at a time as can. 77: the bound cannot be set here.

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "burrow/burrow.h"

namespace {

// The bound counts what a user has in all: so as one who has nothing else.
bool bound(int threads) {
  constexpr uid_t kNobody = 64'987;
  const auto n = static_cast<rlim_t>(threads);
  const struct rlimit most {
    n, n
  };
  return ::setrlimit(RLIMIT_NPROC, &most) == 0 && ::setuid(kNobody) == 0;
}

void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 99;
  if (!bound(std::atoi(argv[1]))) return 77;
  return burrow::run([] {
    std::atomic<int> in{0};
    burrow::wait_group wg;
    for (int i = 0; i < 200; ++i)
      wg.go([&] {
        burrow::blocking([&] {
          in++;
          nap();
        });
      });
    wg.wait();
    std::printf("%d done\n", in.load());
  });
}
