// runtime/io/copy.h - from one descriptor to another.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/io/descriptor.h"

namespace burrow::rt {

struct copyresult {
  std::uint64_t n = 0;     // bytes written
  std::int64_t error = 0;  // of descriptor.h; 0: none
};

// desccopy copies until the end of `from`, or `most` bytes. A null descriptor is a
// closed one.
//
// Context  g or foreign thread. Blocks.
copyresult desccopy(descriptor* to, descriptor* from, std::uint64_t most);

// copied counts the bytes by the way they went, for tests and statistics.
struct copycounts {
  std::atomic<std::uint64_t> range{0};     // copy_file_range
  std::atomic<std::uint64_t> sendfile{0};  // from a file to a socket
  std::atomic<std::uint64_t> splice{0};    // from or to a pipe of the user's
  std::atomic<std::uint64_t> relayed{0};   // splice, through a pipe of ours
  std::atomic<std::uint64_t> buffer{0};    // read and write
};
extern copycounts copied;

}  // namespace burrow::rt
