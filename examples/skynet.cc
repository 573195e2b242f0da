// skynet - a tree of goroutines, ten children each, a million leaves.
//
// Shows   that goroutines are cheap: 1,111,111 of them, one channel a node
// Run     ./examples/skynet
// Output  499999500000            (and on stderr the time it took)
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "burrow/burrow.h"

namespace {

constexpr std::uint64_t kLeaves = 1'000'000;
constexpr std::uint64_t kChildren = 10;

// skynet sends the sum of the numbers first .. first + size - 1. A leaf sends
// its own number; a node starts ten children and adds up what they send.
void skynet(burrow::send_chan<std::uint64_t> out, std::uint64_t first,
            std::uint64_t size) {
  if (size == 1) {
    out.send(first);
    return;
  }
  auto parts = burrow::make_chan<std::uint64_t>(kChildren);
  const std::uint64_t part = size / kChildren;
  for (std::uint64_t i = 0; i < kChildren; ++i) {
    burrow::go(skynet, parts, first + i * part, part);
  }
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < kChildren; ++i) sum += parts.recv().value();
  out.send(sum);
}

}  // namespace

int main() {
  return burrow::run([] {
    const auto start = std::chrono::steady_clock::now();
    auto result = burrow::make_chan<std::uint64_t>();
    burrow::go(skynet, result, 0, kLeaves);
    std::printf("%" PRIu64 "\n", result.recv().value());

    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "%.1f ms\n", took.count());
  });
}
