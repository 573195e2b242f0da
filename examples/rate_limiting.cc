// rate_limiting - serve no more requests in a time than agreed.
//
// Shows   tick as a metronome; a buffered channel that allows short bursts
// Run     ./examples/rate_limiting
// Output  steady: request 1
//         steady: request 2
//         steady: request 3
//         steady: request 4
//         steady: request 5
//         5 requests in 5 intervals or more
//         bursty: request 1
//         bursty: request 2
//         bursty: request 3
//         bursty: request 4
//         bursty: request 5
//         5 requests in 2 intervals or more
#include <chrono>
#include <cstdio>

#include "burrow/burrow.h"

using namespace std::chrono_literals;

namespace {

constexpr auto kInterval = 20ms;
constexpr int kRequests = 5;

// serve answers the requests, each one after a value from limiter. It checks
// that all of them took at_least so many intervals.
void serve(const char* how, burrow::recv_chan<burrow::time_point> limiter,
           burrow::time_point start, int at_least) {
  auto requests = burrow::make_chan<int>(kRequests);
  for (int i = 1; i <= kRequests; ++i) requests.send(i);
  requests.close();

  for (int request : requests) {
    limiter.recv();
    std::printf("%s: request %d\n", how, request);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  std::printf("%d requests in %d intervals or %s\n", kRequests, at_least,
              took >= at_least * kInterval ? "more" : "LESS");
}

}  // namespace

int main() {
  return burrow::run([] {
    const auto start = std::chrono::steady_clock::now();

    // One request an interval: wait for a tick before each.
    serve("steady", burrow::tick(kInterval), start, kRequests);

    // Three at once, if it was quiet before: a channel that holds up to three
    // permits, full at first, with a new one an interval.
    auto permits = burrow::make_chan<burrow::time_point>(3);
    const auto again = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) permits.send(again);
    burrow::go([permits] {
      for (auto now : burrow::tick(kInterval)) permits.send(now);
    });
    serve("bursty", permits, again, kRequests - 3);
  });
}
