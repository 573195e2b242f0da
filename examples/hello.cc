// hello - the smallest program with a goroutine and a channel.
//
// Shows   run, go, make_chan, send, recv
// Run     ./examples/hello
// Output  hello from a goroutine
//         hello from main
#include <cstdio>
#include <string>

#include "burrow/burrow.h"

int main() {
  // run() starts the scheduler on this thread and calls the main goroutine.
  // It returns when the main goroutine does.
  return burrow::run([] {
    // An unbuffered channel: send and recv wait for each other.
    auto messages = burrow::make_chan<std::string>();

    // go() starts a goroutine. A channel is a handle: the copy in the lambda
    // is the same channel.
    burrow::go([messages] { messages.send("hello from a goroutine"); });

    // recv() blocks this goroutine, not its thread, until the message is there.
    // Its result is empty only for a channel that is closed and drained.
    const std::string message = messages.recv().value();
    std::printf("%s\n", message.c_str());
    std::printf("hello from main\n");
  });
}
