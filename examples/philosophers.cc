// philosophers - five of them, five forks, and nobody starves.
//
// Shows   mutex with std::lock_guard, wait_group, an order that rules out
//         deadlock
// Run     ./examples/philosophers
// Output  Aristotle ate 1000 times
//         Kant ate 1000 times
//         Spinoza ate 1000 times
//         Marx ate 1000 times
//         Russell ate 1000 times
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <mutex>

#include "burrow/burrow.h"

namespace {

constexpr std::array kNames = {"Aristotle", "Kant", "Spinoza", "Marx",
                               "Russell"};
constexpr std::size_t kSeats = kNames.size();
constexpr int kMeals = 1000;

struct table {
  std::array<burrow::mutex, kSeats> forks;
  std::array<int, kSeats> meals{};  // each written by one philosopher only
};

// dine lets the philosopher of a seat think and eat.
void dine(table& t, std::size_t seat) {
  // If each took the fork on the left first, all five could hold one fork and
  // wait for the other for ever. So everybody takes the fork with the lower
  // number first: the waiting can then never go round in a circle.
  const std::size_t left = seat;
  const std::size_t right = (seat + 1) % kSeats;
  burrow::mutex& first = t.forks[std::min(left, right)];
  burrow::mutex& second = t.forks[std::max(left, right)];

  for (int meal = 0; meal < kMeals; ++meal) {
    burrow::yield();  // think
    std::lock_guard<burrow::mutex> one(first);
    burrow::yield();  // one fork in hand: the moment that makes it a problem
    std::lock_guard<burrow::mutex> two(second);
    ++t.meals[seat];
  }
}

}  // namespace

int main() {
  return burrow::run([] {
    table t;
    burrow::wait_group everybody;
    for (std::size_t seat = 0; seat < kSeats; ++seat) {
      everybody.go([&t, seat] { dine(t, seat); });
    }
    everybody.wait();

    for (std::size_t seat = 0; seat < kSeats; ++seat) {
      std::printf("%s ate %d times\n", kNames[seat], t.meals[seat]);
    }
  });
}
