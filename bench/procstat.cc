// bench/procstat.cc - readers of /proc/self.
#include "bench/procstat.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace bench {
namespace {

// status_bytes returns a "Name:   123 kB" line of /proc/self/status in bytes.
std::int64_t status_bytes(const std::string& name) {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind(name + ":", 0) != 0) continue;
    std::istringstream fields(line.substr(name.size() + 1));
    std::int64_t kib = 0;
    fields >> kib;
    return kib * 1024;
  }
  return 0;
}

std::int64_t count_maps() {
  std::ifstream in("/proc/self/maps");
  return std::count(std::istreambuf_iterator<char>(in),
                    std::istreambuf_iterator<char>(), '\n');
}

}  // namespace

std::int64_t rss_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  in >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t peak_rss_bytes() { return status_bytes("VmHWM"); }

memory_usage read_memory_usage() {
  return {rss_bytes(), status_bytes("VmPTE"), status_bytes("VmSize"),
          count_maps()};
}

}  // namespace bench
