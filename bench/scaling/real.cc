// bench/scaling/real.cc - the simulation's programs on real processors: what the
// scheduler counts there, for docs/scaling.md to compare.
//
//   scaling_real WORKLOAD PROCS [ROUNDS]
//
// A line for each round: goroutines stolen a task, and times that a thread of burrow's
// but sysmon has slept.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "bench/scaling/workloads.h"
#include "burrow/burrow.h"

namespace sim {

namespace {
using clock = std::chrono::steady_clock;
}

picos now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             clock::now().time_since_epoch())
             .count() *
         kNs;
}
void compute(picos cost) {
  for (const picos end = now() + cost; now() < end;) {
  }
}
void work(picos) {}
outcome& result() {
  static outcome it;
  return it;
}
std::uint64_t requests() { return 0; }
picos nextrequest(int) { fail("no poller here"); }
bool pollpark(int, void*) { fail("no poller here"); }
void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::abort();
}

}  // namespace sim

namespace {

// Voluntary switches of all threads but sysmon, which is the first that run makes.
long slept() {
  std::set<long> tids;
  for (const auto& t : std::filesystem::directory_iterator("/proc/self/task"))
    tids.insert(std::atol(t.path().filename().c_str()));
  if (tids.size() > 1) tids.erase(std::next(tids.begin()));
  long n = 0;
  for (const long tid : tids) {
    std::ifstream f("/proc/self/task/" + std::to_string(tid) + "/status");
    for (std::string word; f >> word;)
      if (word == "voluntary_ctxt_switches:") {
        long more = 0;
        f >> more;
        n += more;
      }
  }
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  sim::plan& pl = sim::theplan();
  pl.name = argv[1];
  pl.procs = std::atoi(argv[2]);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  return burrow::run(
      [&] {
        for (int i = 0; i < rounds; i++) {
          const auto before = burrow::metrics::read();
          const long sleeps = slept();
          const sim::picos start = sim::now();
          burrow::sim_workloads::perform(pl.name);
          const sim::picos took = sim::now() - start;
          const auto after = burrow::metrics::read();
          const auto tasks = static_cast<double>(sim::result().tasks);
          std::printf(
              "{\"workload\": \"%s\", \"procs\": %d, \"makespan_us\": %.0f, "
              "\"moved\": %.4f, \"sleeps\": %.4f}\n",
              pl.name.c_str(), pl.procs, static_cast<double>(took) / sim::kUs,
              static_cast<double>(after.steals - before.steals) / tasks,
              static_cast<double>(slept() - sleeps) / tasks);
        }
      },
      {.maxprocs = pl.procs});
}
