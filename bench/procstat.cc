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

void report_burst(state& st, std::int64_t before, const char* unit) {
  st.metric(static_cast<double>(rss_bytes() - before) / 1e6, unit);
}

void report_memory(state& st, const memory_usage& before,
                   const memory_usage& after, std::int64_t goroutines) {
  auto each = [&](std::int64_t a, std::int64_t b) {
    return static_cast<double>(b - a) / static_cast<double>(goroutines);
  };
  st.metric(each(before.rss, after.rss), "B/goroutine");
  st.metric(each(before.page_table, after.page_table), "PTE-B/goroutine");
  st.metric(static_cast<double>(after.address - before.address) / 1e6, "VM-MB");
  st.metric(static_cast<double>(after.maps - before.maps), "maps");
}

}  // namespace bench
