// pingpong - two goroutines play with one ball.
//
// Shows   unbuffered channels as rendezvous, close as the end of the game
// Run     ./examples/pingpong
// Output  ping 1
//         pong 2
//         ping 3
//         pong 4
//         ping 5
//         pong 6
//         the ball was hit 6 times
#include <cstdio>

#include "burrow/burrow.h"

namespace {

constexpr int kHits = 6;

// player waits for the ball, hits it and plays it back, until the other side
// has closed its channel or the last hit is done.
void player(const char* sound, burrow::recv_chan<int> from,
            burrow::send_chan<int> to, burrow::send_chan<int> score) {
  while (auto ball = from.recv()) {
    const int hits = *ball + 1;
    std::printf("%s %d\n", sound, hits);
    if (hits == kHits) {
      score.send(hits);
      break;
    }
    to.send(hits);
  }
  to.close();  // the other player's recv() answers nullopt from now on
}

}  // namespace

int main() {
  return burrow::run([] {
    auto left = burrow::make_chan<int>();
    auto right = burrow::make_chan<int>();
    auto score = burrow::make_chan<int>();

    // A chan<T> turns into a one-way view of itself where one is asked for, so
    // that a player cannot send on the side that it should receive from.
    burrow::go(player, "ping", left, right, score);
    burrow::go(player, "pong", right, left, score);

    left.send(0);  // throw the ball in
    std::printf("the ball was hit %d times\n", score.recv().value());
  });
}
