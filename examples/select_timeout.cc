// select_timeout - wait for an answer, but not for ever.
//
// Shows   select with recv cases, after, otherwise
// Run     ./examples/select_timeout
// Output  nothing yet
//         service 1: timeout
//         service 2: the answer is 42
#include <chrono>
#include <cstdio>
#include <optional>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

namespace {

// ask starts a service that answers after a while. The channel has room for
// the answer: if nobody waits for it any more, the service still ends.
burrow::recv_chan<int> ask(std::chrono::milliseconds work) {
  auto answer = burrow::make_chan<int>(1);
  burrow::go([answer, work] {
    burrow::sleep_for(work);
    answer.send(42);
  });
  return answer;
}

// await prints the answer, or that it took too long.
void await(int service, burrow::recv_chan<int> answer,
           std::chrono::milliseconds limit) {
  // select blocks until one of its cases can run, runs this one, and returns
  // its index. after() makes a channel that receives one value, later.
  std::optional<int> value;
  const std::size_t ran = burrow::select(burrow::recv(answer, value),
                                         burrow::recv(burrow::after(limit)));
  if (ran == 0) {
    std::printf("service %d: the answer is %d\n", service, *value);
  } else {
    std::printf("service %d: timeout\n", service);
  }
}

}  // namespace

int main() {
  return burrow::run([] {
    const auto slow = ask(1h);
    const auto fast = ask(10ms);

    // With a case otherwise() select does not block.
    burrow::select(burrow::recv(slow, [] { std::printf("too early\n"); }),
                   burrow::otherwise([] { std::printf("nothing yet\n"); }));

    await(1, slow, 30ms);
    await(2, fast, 60s);
  });
}
