// bench/procstat.h - what the kernel says about the memory of this process.
//
// Read from /proc/self, in bytes. Memory that the program freed and its
// allocator keeps counts, as it does for the user.
#pragma once

#include <cstdint>

#include "bench/bench.h"

namespace bench {

struct memory_usage {
  std::int64_t rss;         // resident: pages in memory
  std::int64_t page_table;  // VmPTE: the page tables themselves
  std::int64_t address;     // VmSize: reserved address space
  std::int64_t maps;        // number of mappings, not bytes
};

memory_usage read_memory_usage();

// report_memory adds what each of so many goroutines has taken in between.
void report_memory(state& st, const memory_usage& before,
                   const memory_usage& after, std::int64_t goroutines);

// report_burst adds by how much the resident size is above `before`, in MB.
void report_burst(state& st, std::int64_t before, const char* unit);

// rss_bytes is the resident size alone; cheaper than read_memory_usage.
std::int64_t rss_bytes();

// peak_rss_bytes is the largest resident size so far (VmHWM).
std::int64_t peak_rss_bytes();

}  // namespace bench
