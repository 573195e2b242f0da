// bench/chameneos.cc - row: chameneos-redux. Ten creatures meet in pairs; the
// first at the meeting place waits for a second, and both take the colour that
// theirs make.
#include <array>
#include <mutex>
#include <utility>

#include "bench/bench.h"
#include "bench/workload.h"
#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/sync.h"

namespace bench {
namespace {

struct place {
  burrow::mutex mu;
  std::int64_t left;
  colour waiting_colour{};
  burrow::chan<colour> waiting;  // nil: nobody waits
};

// creature returns how often it has met another.
std::int64_t creature(place& p, colour mine) {
  auto other = burrow::make_chan<colour>(1);
  for (std::int64_t met = 0;; ++met) {
    std::unique_lock held(p.mu);
    if (p.left == 0) return met;
    if (p.waiting) {
      burrow::chan<colour> first = std::exchange(p.waiting, {});
      colour theirs = p.waiting_colour;
      --p.left;
      held.unlock();
      first.send(mine);
      mine = complement(mine, theirs);
      continue;
    }
    p.waiting = other;
    p.waiting_colour = mine;
    held.unlock();
    // Somebody comes: whoever finds no meeting left finds nobody waiting.
    mine = complement(mine, *other.recv());
  }
}

void chameneos(state& st) {
  place p{.mu = {}, .left = st.n(), .waiting_colour = {}, .waiting = {}};
  std::array<std::int64_t, kCreatures> met{};
  burrow::wait_group wg;
  for (std::size_t i = 0; i < kCreatures; ++i) {
    wg.go([&p, &met, i] { met[i] = creature(p, first_colour(i)); });
  }
  wg.wait();
  std::int64_t sum = 0;
  for (std::int64_t m : met) sum += m;
  if (sum != 2 * st.n()) fail("Chameneos: not two creatures a meeting");
}

}  // namespace

void add_chameneos_rows(std::vector<row>& rows) {
  rows.push_back(
      {"Chameneos", "a meeting, chameneos-redux of 10", chameneos, kPlain});
}

}  // namespace bench
