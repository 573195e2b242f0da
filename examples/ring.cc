// ring - 503 goroutines in a ring pass a token round until it is used up.
//
// Shows   a goroutine per node, one channel between neighbours
// Run     ./examples/ring [HOPS]          default 1000000
// Output  37                              the node that holds the token at 0
#include <cstdio>

#include "burrow/burrow.h"
#include "examples/args.h"

namespace {

constexpr int kNodes = 503;

// node passes the token on, one less each time. The node that receives 0 is
// the winner and says its number.
void node(int number, burrow::recv_chan<long> from, burrow::send_chan<long> to,
          burrow::send_chan<int> winner) {
  for (long token : from) {
    if (token == 0) {
      winner.send(number);
      return;
    }
    to.send(token - 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long hops =
      examples::one_number(argc, argv, "HOPS", 1'000'000, 0, 1'000'000'000);
  return burrow::run([hops] {
    auto winner = burrow::make_chan<int>();
    const auto first = burrow::make_chan<long>();

    auto from = first;
    for (int number = 1; number <= kNodes; ++number) {
      // The last node closes the ring: it sends to the first one.
      auto to = number == kNodes ? first : burrow::make_chan<long>();
      burrow::go(node, number, from, to, winner);
      from = to;
    }

    first.send(hops);
    std::printf("%d\n", winner.recv().value());
  });
}
