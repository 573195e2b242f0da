// bench/rows.cc - burrow_bench: all its rows, each in a burrow::run of its own.
#include "bench/bench.h"
#include "burrow/go.h"

namespace bench {

std::vector<row> all_rows() {
  std::vector<row> rows;
  add_yield_rows(rows);
  add_spawn_rows(rows);
  add_chan_rows(rows);
  add_select_rows(rows);
  add_sync_rows(rows);
  add_forkjoin_rows(rows);
  add_memory_rows(rows);
  add_timer_rows(rows);
  add_hog_rows(rows);
  add_thread_rows(rows);
  return rows;
}

void run_at(int procs, const std::function<void()>& body) {
  burrow::options opts{};
  opts.maxprocs = procs;
  burrow::run(body, opts);
}

}  // namespace bench
