// semaphore_pool - a goroutine per task, but only a few at work at a time.
//
// Shows   semaphore as a limit, defer to give back, acquire with a context
// Run     ./examples/semaphore_pool
// Output  20 tasks done
//         never more than 3 at once
//         all slots taken: gave up waiting
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

namespace {

constexpr int kSlots = 3;
constexpr int kTasks = 20;

// gauge counts how many are in at the moment, and the most there were.
struct gauge {
  void change(int by) {
    std::lock_guard<burrow::mutex> lock(mutex);
    now += by;
    most = std::max(most, now);
  }
  burrow::mutex mutex;
  int now = 0;
  int most = 0;
};

}  // namespace

int main() {
  return burrow::run([] {
    burrow::semaphore slots(kSlots);
    gauge working;

    burrow::wait_group tasks;
    for (int i = 0; i < kTasks; ++i) {
      tasks.go([&] {
        slots.acquire(1);  // waits in line: first come, first served
        burrow::defer give_back{[&] { slots.release(1); }};

        working.change(+1);
        burrow::sleep_for(1ms);  // the task
        working.change(-1);
      });
    }
    tasks.wait();
    std::printf("%d tasks done\n", kTasks);
    std::printf("%s more than %d at once\n",
                working.most <= kSlots ? "never" : "ONCE", kSlots);

    // Waiting can be given up: when the context is done, acquire() takes no
    // slot and says why.
    slots.acquire(kSlots);
    auto [ctx, cancel] = burrow::with_timeout(burrow::background(), 10ms);
    if (slots.acquire(1, ctx) == burrow::errc::deadline_exceeded) {
      std::printf("all slots taken: gave up waiting\n");
    }
    cancel();
  });
}
