// once - initialise on first use, whoever comes first.
//
// Shows   once, once_value
// Run     ./examples/once
// Output  set up by one of 10 goroutines
//         all 10 saw it set up
//         loading the configuration
//         port 8080, port 8080
#include <atomic>
#include <cstdio>

#include "burrow/burrow.h"

int main() {
  return burrow::run([] {
    burrow::once setup;
    bool ready = false;
    std::atomic<int> saw = 0;

    burrow::wait_group all;
    for (int i = 0; i < 10; ++i) {
      all.go([&] {
        // The first one runs it; the others wait until it has run. So every
        // goroutine that comes out of call() sees what it did.
        setup.call([&] {
          burrow::yield();
          std::printf("set up by one of 10 goroutines\n");
          ready = true;
        });
        if (ready) ++saw;
      });
    }
    all.wait();
    std::printf("all %d saw it set up\n", saw.load());

    // once_value makes a function that computes its result at the first call
    // and remembers it.
    auto port = burrow::once_value([] {
      std::printf("loading the configuration\n");
      return 8080;
    });
    const int first = port();
    const int second = port();
    std::printf("port %d, port %d\n", first, second);
  });
}
