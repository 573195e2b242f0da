// stateful_goroutines - share by communicating: one goroutine owns the state.
//
// Shows   requests that carry their reply channel, select with handlers
// Run     ./examples/stateful_goroutines
// Output  apples: 4000
//         pears: 6000
//         plums: 0
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "burrow/burrow.h"

namespace {

struct read_request {
  std::string key;
  burrow::send_chan<int> reply;
};

struct add_request {
  std::string key;
  int amount;
  burrow::send_chan<burrow::unit> done;
};

// own is the only goroutine that ever touches the stock: no lock is needed. A
// handler gets nullopt when its channel is closed.
void own(burrow::recv_chan<read_request> reads,
         burrow::recv_chan<add_request> adds) {
  std::map<std::string, int> stock;
  for (;;) {
    burrow::select(burrow::recv(reads,
                                [&](std::optional<read_request> r) {
                                  if (r) r->reply.send(stock[r->key]);
                                }),
                   burrow::recv(adds, [&](std::optional<add_request> a) {
                     if (!a) return;
                     stock[a->key] += a->amount;
                     a->done.send({});
                   }));
  }
}

}  // namespace

int main() {
  return burrow::run([] {
    auto reads = burrow::make_chan<read_request>();
    auto adds = burrow::make_chan<add_request>();
    burrow::go(own, reads, adds);

    // Ten goroutines add to the stock at the same time.
    burrow::wait_group writers;
    for (int i = 0; i < 10; ++i) {
      writers.go([adds, key = i < 4 ? "apples" : "pears"] {
        auto done = burrow::make_chan<burrow::unit>();
        for (int n = 0; n < 1000; ++n) {
          adds.send({key, 1, done});
          done.recv();
        }
      });
    }
    writers.wait();

    auto reply = burrow::make_chan<int>();
    for (const char* key : {"apples", "pears", "plums"}) {
      reads.send({key, reply});
      std::printf("%s: %d\n", key, reply.recv().value());
    }
  });
}
