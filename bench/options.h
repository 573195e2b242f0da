// bench/options.h - the command line of burrow_bench and of its peers.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "bench/bench.h"

namespace bench {

struct options {
  std::regex filter{""};  // searched for in "Yield/procs=1"
  std::vector<int> procs{1, 2};
  int count = 1;
  benchtime time;
  int timeout_s = 300;  // for one measurement
  std::string json;     // path; empty: no JSON
  bool list = false;
  bool only_short = false;
  bool growth = false;
  bool table = false;
  bool in_process = false;
};

// parse_options reads the command line. A bad one ends the process with one
// line on stderr and exit code 2; --help prints the options and ends it with 0.
options parse_options(int argc, char** argv);

}  // namespace bench
