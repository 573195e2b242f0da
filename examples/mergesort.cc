// mergesort - sort the two halves at the same time, then merge them.
//
// Shows   async and future: divide and conquer on all processors
// Run     ./examples/mergesort [N]        N numbers, default 1000000
// Output  1000000 numbers sorted, as std::sort does
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

#include "burrow/burrow.h"
#include "examples/args.h"

namespace {

using numbers = std::span<std::uint32_t>;

// Below this many numbers a goroutine costs more than it saves.
constexpr std::size_t kSmall = 2048;

// merge_sort sorts data; room is as long as data and its contents are lost.
void merge_sort(numbers data, numbers room) {
  if (data.size() <= kSmall) {
    std::sort(data.begin(), data.end());
    return;
  }
  const std::size_t half = data.size() / 2;

  // async() runs a call in a goroutine of its own and returns its future. The
  // other half is sorted right here; get() then waits for the first one, and
  // would rethrow what it had thrown.
  auto left = burrow::async(merge_sort, data.first(half), room.first(half));
  merge_sort(data.subspan(half), room.subspan(half));
  left.get();

  std::copy(data.begin(), data.end(), room.begin());
  const auto middle = room.begin() + static_cast<std::ptrdiff_t>(half);
  std::merge(room.begin(), middle, middle, room.end(), data.begin());
}

}  // namespace

int main(int argc, char** argv) {
  const long n =
      examples::one_number(argc, argv, "N", 1'000'000, 0, 100'000'000);

  std::vector<std::uint32_t> data(static_cast<std::size_t>(n));
  std::mt19937 random(1);  // the same numbers each time
  std::generate(data.begin(), data.end(),
                [&] { return static_cast<std::uint32_t>(random()); });
  std::vector<std::uint32_t> expected = data;
  std::sort(expected.begin(), expected.end());

  return burrow::run([&] {
    std::vector<std::uint32_t> room(data.size());
    merge_sort(data, room);
    const bool same = data == expected;
    std::printf("%ld numbers sorted, %s std::sort does\n", n,
                same ? "as" : "but not as");
    return same ? 0 : 1;  // the main goroutine's result is run()'s
  });
}
