// bench/rows.cc - burrow_bench: all its rows, each in a burrow::run of its own.
#include "bench/bench.h"
#include "burrow/go.h"

namespace bench {
namespace {

void run_start_stop(state& st) {
  burrow::options opts{};
  opts.maxprocs = st.procs();
  for (std::int64_t i = 0; i < st.n(); ++i) burrow::run([] {}, opts);
}

}  // namespace

std::vector<row> all_rows() {
  std::vector<row> rows;
  add_yield_rows(rows);
  add_spawn_rows(rows);
  add_chan_rows(rows);
  add_select_rows(rows);
  add_sync_rows(rows);
  add_forkjoin_rows(rows);
  add_tree_rows(rows);
  add_chameneos_rows(rows);
  add_memory_rows(rows);
  add_timer_rows(rows);
  add_latency_rows(rows);
  add_hog_rows(rows);
  add_thread_rows(rows);
  add_growth_rows(rows);
  rows.push_back({"RunStartStop", "burrow::run of nothing, start to end",
                  run_start_stop, kOutside});
  return rows;
}

void run_at(int procs, const std::function<void()>& body) {
  burrow::options opts{};
  opts.maxprocs = procs;
  burrow::run(body, opts);
}

}  // namespace bench
