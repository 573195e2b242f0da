// examples/httpd/connection.h - one connection from its first request to its last.
#pragma once

#include <atomic>

#include "examples/httpd/bounds.h"
#include "examples/httpd/site.h"
#include "examples/httpd/stream.h"

namespace httpd {

// What a connection counts; it alone writes, anybody reads.
struct counters {
  std::atomic<std::uint64_t> requests{0}, bytes_out{0};
};

// serve answers requests until the connection ends, the peer or the server wants
// no more, or something is wrong. It knows no socket, and needs no run: a fuzzer
// calls it, too.
//
// Context  g. Blocks. Errors  std::bad_alloc.
void serve(stream& s, const site& here, const limits& l, counters& c);

}  // namespace httpd
