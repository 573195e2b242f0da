// context_cancel - tell goroutines that nobody wants their work any more.
//
// Shows   with_cancel, with_timeout, with_value, done, err
// Run     ./examples/context_cancel
// Output  user ann: 1 2 3 4 5
//         the generator has ended: canceled
//         the child context ended with its parent
//         the slow work has ended: deadline exceeded
#include <chrono>
#include <cstdio>
#include <string>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

namespace {

const char* reason(const burrow::context& ctx) {
  if (ctx.err() == burrow::errc::canceled) return "canceled";
  if (ctx.err() == burrow::errc::deadline_exceeded) return "deadline exceeded";
  return "still running";
}

// generate counts until ctx is done. Without ctx it would wait in send for
// ever once its reader has had enough.
void generate(burrow::context ctx, burrow::send_chan<int> numbers,
              burrow::send_chan<burrow::unit> ended) {
  for (int i = 1, running = 1; running;) {
    burrow::select(burrow::send(numbers, i, [&] { ++i; }),
                   burrow::recv(ctx.done(), [&] { running = 0; }));
  }
  ended.close();
}

}  // namespace

int main() {
  return burrow::run([] {
    // A context carries values down the tree of calls ...
    const burrow::context user =
        burrow::with_value(burrow::background(), "user", std::string("ann"));
    // ... and the wish to stop: cancel() ends ctx and all contexts below it.
    auto [ctx, cancel] = burrow::with_cancel(user);
    auto [child, cancel_child] = burrow::with_timeout(ctx, 1h);

    auto numbers = burrow::make_chan<int>();
    auto ended = burrow::make_chan<burrow::unit>();
    burrow::go(generate, ctx, numbers, ended);

    std::printf("user %s:", child.value<std::string>("user")->c_str());
    for (int i = 0; i < 5; ++i) std::printf(" %d", numbers.recv().value());
    std::printf("\n");

    cancel();
    ended.recv();
    std::printf("the generator has ended: %s\n", reason(ctx));
    child.done().recv();
    std::printf("the child context ended with its parent\n");
    cancel_child();

    // A deadline is a cancel that the clock calls.
    auto [limited, stop] = burrow::with_timeout(burrow::background(), 20ms);
    limited.done().recv();
    std::printf("the slow work has ended: %s\n", reason(limited));
    stop();
  });
}
