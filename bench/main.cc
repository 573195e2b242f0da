// bench/main.cc - choose the rows, measure, report: burrow_bench and its peers.
//
// Exit code 0 if every measurement succeeded, 1 if one failed, 2 for a bad
// command line.
#include <errno.h>
#include <fmt/core.h>
#include <sched.h>

#include "bench/bench.h"
#include "bench/child.h"
#include "bench/options.h"
#include "bench/report.h"

namespace {

// A row at a number of ps.
struct job {
  bench::row row;
  int procs;
};

std::vector<job> choose(const bench::options& o) {
  std::vector<job> jobs;
  for (const bench::row& r : bench::all_rows()) {
    if (o.growth != ((r.flags & bench::kGrowth) != 0)) continue;
    if (o.only_short && (r.flags & bench::kShort) == 0) continue;
    for (int procs : o.procs) {
      if ((r.flags & bench::kOneProc) != 0 && procs != 1) continue;
      std::string name = fmt::format("{}/procs={}", r.name, procs);
      if (std::regex_search(name, o.filter)) jobs.push_back({r, procs});
    }
  }
  return jobs;
}

// usable_cpus is what Go prints behind the name: the processors that this
// process may run on.
int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

bench::outcome measure(const job& j, const bench::options& o) {
  if (!o.in_process) {
    return bench::measure_in_child(j.row, j.procs, o.time, o.timeout_s);
  }
  bench::outcome out;
  out.name = j.row.name;
  out.procs = j.procs;
  out.res = bench::measure_row(j.row, j.procs, o.time);
  return out;
}

// list prints the rows; compare.py reads "[once]": such a row is one iteration
// in a fresh process.
void list(const std::vector<job>& jobs) {
  for (const job& j : jobs) {
    bool once = (j.row.flags & bench::kOnce) != 0;
    fmt::print("{:<28} {}{}\n", fmt::format("{}/procs={}", j.row.name, j.procs),
               once ? "[once] " : "", j.row.what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::options o = bench::parse_options(argc, argv);
  std::vector<job> jobs = choose(o);
  if (jobs.empty()) {
    fmt::print(stderr, "{}: no row matches (--list shows them)\n",
               program_invocation_short_name);
    return 2;
  }
  if (o.list) {
    list(jobs);
    return 0;
  }
  bench::print_header();
  int cpus = usable_cpus();
  bool failed = false;
  std::vector<bench::outcome> all;
  for (const job& j : jobs) {
    for (int i = 0; i < o.count; ++i) {
      bench::outcome out = measure(j, o);
      out.default_procs = cpus;
      failed = failed || !out.error.empty();
      bench::print_line(out);
      all.push_back(std::move(out));
    }
  }
  if (o.table) bench::print_table(all);
  if (!o.json.empty() && !bench::write_json(o.json, all)) return 1;
  return failed ? 1 : 0;
}
