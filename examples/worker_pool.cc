// worker_pool - a fixed number of goroutines share a queue of jobs.
//
// Shows   buffered channels, close as "no more jobs", results by channel
// Run     ./examples/worker_pool
// Output  job 1: 27 takes 111 steps to 1
//         job 2: 97 takes 118 steps to 1
//         job 3: 871 takes 178 steps to 1
//         job 4: 6171 takes 261 steps to 1
//         job 5: 77031 takes 350 steps to 1
//         job 6: 837799 takes 524 steps to 1
#include <cstdint>
#include <cstdio>
#include <map>

#include "burrow/burrow.h"

namespace {

struct job {
  int id;
  std::int64_t start;
};

struct result {
  job done;
  int steps;
};

// collatz is the work: how often to halve or to triple and add one.
int collatz(std::int64_t n) {
  int steps = 0;
  for (; n != 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  return steps;
}

// worker takes jobs until the channel is closed and drained.
void worker(burrow::recv_chan<job> jobs, burrow::send_chan<result> results) {
  for (const job& j : jobs) results.send({j, collatz(j.start)});
}

}  // namespace

int main() {
  return burrow::run([] {
    auto jobs = burrow::make_chan<job>(100);
    auto results = burrow::make_chan<result>(100);

    // Three workers, all waiting: there are no jobs yet.
    for (int i = 0; i < 3; ++i) burrow::go(worker, jobs, results);

    int count = 0;
    for (std::int64_t start : {27, 97, 871, 6171, 77031, 837799}) {
      jobs.send({++count, start});
    }
    jobs.close();

    // The results come in any order: the map puts them into that of the jobs.
    std::map<int, result> by_id;
    for (int i = 0; i < count; ++i) {
      const result r = results.recv().value();
      by_id.emplace(r.done.id, r);
    }
    for (const auto& [id, r] : by_id) {
      std::printf("job %d: %lld takes %d steps to 1\n", id,
                  static_cast<long long>(r.done.start), r.steps);
    }
  });
}
