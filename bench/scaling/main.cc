// bench/scaling/main.cc - one simulation: counts, on one line of JSON.
//
//   scaling PROTOCOL WORKLOAD PROCS [seed=N] [scale=X] [machine=server|vm] [trace=US]
//     [transfer=N] [barrier=N] [wake=N]   in percent, after machine
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "bench/scaling/workloads.h"

namespace {

using sim::kUs;
using sim::picos;

constexpr picos kRound = 5 * kUs;       // of who watches
constexpr picos kLost = 100'000 * kUs;  // work waits, and nobody runs
constexpr picos kMost = 20'000'000 * kUs;

const sim::protocol* under;
picos wasted, since, kept;
picos tracing;

// Looks on, at no cost to the others: time that ps have nothing to do while
// goroutines wait; and whether anything goes on.
void watch(void*) {
  for (;;) {
    sim::nap(kRound, true);
    sim::quiet(true);
    const sim::standing s = under->stand();
    sim::quiet(false);
    const int free = s.idle + s.spinning;
    wasted += kRound * std::min(free, s.waiting);
    if (tracing > 0 && sim::now() - kept >= tracing) {
      kept = sim::now();
      std::fprintf(stderr, "%lld us idle=%d spinning=%d waiting=%d\n",
                   static_cast<long long>(kept / kUs), s.idle, s.spinning,
                   s.waiting);
    }
    if (s.waiting == 0 || s.idle < sim::theplan().procs) since = sim::now();
    if (sim::now() - since > kLost) sim::fail("work, and nobody runs");
    if (sim::now() > kMost) sim::fail("it takes too long");
  }
}

picos quantile(std::vector<picos>& v, double q) {
  if (v.empty()) return 0;
  auto at = v.begin() +
            static_cast<std::ptrdiff_t>(q * static_cast<double>(v.size() - 1));
  std::nth_element(v.begin(), at, v.end());
  return *at;
}

void print(picos makespan) {
  const sim::counts& n = sim::counted();
  sim::outcome& r = sim::result();
  const sim::stolen s = under->steals();
  const double tasks = static_cast<double>(r.tasks);
  const auto per = [tasks](auto x) { return static_cast<double>(x) / tasks; };
  std::printf("{\"protocol\": \"%s\", \"workload\": \"%s\", \"procs\": %d, ",
              under->name.c_str(), sim::theplan().name.c_str(),
              sim::theplan().procs);
  std::printf(
      "\"tasks\": %llu, \"lost\": %llu, \"makespan_us\": %.3f, "
      "\"ideal_us\": %.3f, ",
      static_cast<unsigned long long>(r.tasks),
      static_cast<unsigned long long>(r.lost),
      static_cast<double>(makespan) / kUs, static_cast<double>(r.ideal) / kUs);
  std::printf("\"tried\": %.5f, \"stolen\": %.5f, \"moved\": %.5f, ",
              per(s.tried), per(s.done), per(s.moved));
  std::printf(
      "\"wakes\": %.5f, \"sleeps\": %.5f, \"barriers\": %.5f, "
      "\"interrupts\": %.5f, \"pauses\": %.3f, \"polls\": %.5f, "
      "\"threads\": %llu, ",
      per(n.wakes), per(n.sleeps), per(n.barriers), per(n.interrupts),
      per(n.pauses), per(n.polls), static_cast<unsigned long long>(n.threads));
  std::printf("\"wasted\": %.4f, \"p50_us\": %.3f, \"p99_us\": %.3f, ",
              static_cast<double>(wasted) / static_cast<double>(makespan) /
                  sim::theplan().procs,
              static_cast<double>(quantile(r.latency, 0.5)) / kUs,
              static_cast<double>(quantile(r.latency, 0.99)) / kUs);
  std::uint64_t transfers = 0, contended = 0;
  for (const sim::tally& t : n.lines) {
    transfers += t.transfers;
    contended += t.contended;
  }
  std::printf(
      "\"transfers\": %.4f, \"contended\": %.4f, \"steps\": %.1f, "
      "\"lines\": {",
      per(transfers), per(contended), per(n.steps));
  const char* comma = "";
  for (std::size_t i = 0; i < n.names.size(); i++) {
    const sim::tally& t = n.lines[i];
    if (t.transfers == 0) continue;
    std::printf("%s\"%s\": [%.4f, %.4f, %.1f, %.4f]", comma, n.names[i].c_str(),
                per(t.transfers), per(t.contended), per(t.waited) / sim::kNs,
                per(t.sleeps));
    comma = ", ";
  }
  std::printf("}}\n");
}

bool option(const char* arg, const char* key, const char*& value) {
  const std::size_t n = std::strlen(key);
  if (std::strncmp(arg, key, n) != 0 || arg[n] != '=') return false;
  value = arg + n + 1;
  return true;
}

// What waking costs on the virtual machine of docs/performance.md.
sim::costs vm() {
  sim::costs c;
  c.near = c.far = 130 * sim::kNs;
  c.wakecall = 2 * kUs;
  c.wakelate = 20 * kUs;
  c.barrier = 5 * kUs;
  c.barriercore = kUs;
  return c;
}

void scaled(picos& what, double by) {
  what = static_cast<picos>(static_cast<double>(what) * by);
}

// Percentages of what a kind of thing costs.
bool price(sim::costs& c, const char* arg) {
  const char* v = nullptr;
  if (option(arg, "transfer", v)) {
    for (picos* x : {&c.near, &c.far, &c.memory})
      scaled(*x, std::atof(v) / 100);
  } else if (option(arg, "barrier", v)) {
    for (picos* x : {&c.barrier, &c.barriercore, &c.interrupt})
      scaled(*x, std::atof(v) / 100);
  } else if (option(arg, "wake", v)) {
    for (picos* x : {&c.wakecall, &c.wakelate, &c.sleepcall})
      scaled(*x, std::atof(v) / 100);
  } else {
    return false;
  }
  return true;
}

int usage() {
  std::fprintf(stderr,
               "usage: scaling PROTOCOL WORKLOAD PROCS [seed=N] "
               "[scale=X] [machine=server|vm] [trace=US]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return usage();
  sim::plan& pl = sim::theplan();
  pl.name = argv[2];
  pl.procs = std::atoi(argv[3]);
  std::uint64_t seed = 1;
  sim::costs c;
  for (int i = 4; i < argc; i++) {
    const char* v = nullptr;
    if (option(argv[i], "seed", v))
      seed = std::strtoull(v, nullptr, 10);
    else if (option(argv[i], "scale", v))
      pl.scale = std::atof(v);
    else if (option(argv[i], "trace", v))
      tracing = std::atoi(v) * kUs;
    else if (option(argv[i], "machine", v))
      c = *v == 'v' ? vm() : c;
    else if (!price(c, argv[i]))
      return usage();
  }
  for (const sim::protocol& p : sim::protocols())
    if (p.name == argv[1]) under = &p;
  if (under == nullptr || pl.procs < 1 || pl.procs > 256) return usage();
  sim::setseed(seed);
  sim::setup(c);
  if (!sim::prepare()) return usage();
  under->boot(pl.procs, pl.name);
  sim::start(watch, nullptr, 0);
  sim::run();
  print(sim::counted().makespan);
  return sim::result().lost == 0 ? 0 : 1;
}
