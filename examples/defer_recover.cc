// defer_recover - clean up at the end of a scope, and survive a panic.
//
// Shows   defer, panic_error: Go's panics are exceptions, recover is catch
// Run     ./examples/defer_recover
// Output  request 1: answered
//         request 1: cleaned up
//         request 2: cleaned up
//         request 2: recovered from: send on closed channel
//         request 3: answered
//         request 3: cleaned up
//         the server is still up after 3 requests
#include <cstdio>

#include "burrow/burrow.h"

namespace {

void handle(int request, burrow::send_chan<int> replies) {
  // Runs when this scope is left: by return, or while an exception unwinds.
  burrow::defer clean_up{
      [&] { std::printf("request %d: cleaned up\n", request); }};

  // Whatever Go panics on throws a panic_error with Go's words.
  replies.send(request);
  std::printf("request %d: answered\n", request);
}

// serve handles one request in the calling goroutine. An exception that left a
// goroutine would end the whole program, as an unrecovered panic does in Go,
// so it is caught here, where Go would recover().
void serve(int request, burrow::send_chan<int> replies) {
  try {
    handle(request, replies);
  } catch (const burrow::panic_error& e) {
    std::printf("request %d: recovered from: %s\n", request, e.what());
  }
}

}  // namespace

int main() {
  return burrow::run([] {
    auto open = burrow::make_chan<int>(3);
    auto closed = burrow::make_chan<int>(3);
    closed.close();

    int served = 0;
    for (int request = 1; request <= 3; ++request) {
      burrow::wait_group one;
      one.go([&] { serve(request, request == 2 ? closed : open); });
      one.wait();
      ++served;
    }
    std::printf("the server is still up after %d requests\n", served);
  });
}
