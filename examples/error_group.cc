// error_group - goroutines for one job: the first failure stops the others.
//
// Shows   error_group, with_context, an exception that crosses goroutines
// Run     ./examples/error_group
// Output  first error: mirror 3 is down
//         4 downloads were stopped
//         second try: all 5 downloads are there
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "burrow/burrow.h"

namespace {

// download of a mirror that is down throws; the others never come to an end
// by themselves, and stop when ctx tells them to.
void download(int mirror, burrow::context ctx, std::atomic<int>& stopped) {
  if (mirror == 3) throw std::runtime_error("mirror 3 is down");
  ctx.done().recv();
  ++stopped;
}

}  // namespace

int main() {
  return burrow::run([] {
    std::atomic<int> stopped = 0;
    {
      // The context is cancelled when the first goroutine of the group throws,
      // and when wait() returns.
      auto [group, ctx] =
          burrow::error_group::with_context(burrow::background());
      for (int mirror = 1; mirror <= 5; ++mirror) {
        group.go(
            [mirror, ctx = ctx, &stopped] { download(mirror, ctx, stopped); });
      }
      try {
        group.wait();  // for all five; then rethrows the first exception
      } catch (const std::exception& e) {
        std::printf("first error: %s\n", e.what());
      }
      std::printf("%d downloads were stopped\n", stopped.load());
    }

    // Without a context, and with at most two goroutines at a time: go() waits
    // until there is room.
    std::atomic<int> done = 0;
    burrow::error_group group;
    group.set_limit(2);
    for (int mirror = 1; mirror <= 5; ++mirror) group.go([&done] { ++done; });
    group.wait();
    std::printf("second try: all %d downloads are there\n", done.load());
  });
}
