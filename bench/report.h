// bench/report.h - the three forms of the results: Go's text, JSON, a table.
#pragma once

#include <string>
#include <vector>

#include "bench/bench.h"

namespace bench {

// One measurement with its name; an empty `error` means that it succeeded.
struct outcome {
  std::string name;  // "Yield"
  int procs = 0;
  int default_procs = 0;  // Go's "-N" suffix
  result res;
  std::string error;

  // full_name is Go's: "BenchmarkYield/procs=1-2".
  std::string full_name() const;
};

// print_header prints the lines that benchstat reads its configuration from.
void print_header();

// print_line prints one measurement in Go's benchmark format to stdout.
// A failed one is a "--- FAIL:" line, which benchstat skips.
void print_line(const outcome& o);

// print_table prints all of them for people, on stderr.
void print_table(const std::vector<outcome>& all);

// write_json returns false, with a line on stderr, if the file cannot be
// written.
bool write_json(const std::string& path, const std::vector<outcome>& all);

}  // namespace bench
