// examples/httpd/connection.h - one connection from its first request to its last.
#pragma once

#include <atomic>

#include "examples/httpd/bounds.h"
#include "examples/httpd/reader.h"
#include "examples/httpd/site.h"
#include "examples/httpd/stream.h"
#include "examples/httpd/writer.h"

namespace httpd {

// What a connection counts; it alone writes, anybody reads.
struct counters {
  std::atomic<std::uint64_t> requests{0}, bytes_out{0};
};

// connection knows no socket, and needs no run: a fuzzer has one, too, and an event loop
// of the benchmark, to which the two pieces of serve are separate.
class connection {
 public:
  connection(stream& s, const site& here, const limits& l, counters& c)
      : from_(s), here_(here), count_(c), in_(s, l, desk_), out_(s, desk_) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // serve answers requests until the connection ends, the peer or the server wants no
  // more, or something is wrong.
  //
  // Context  g. Blocks. Errors  std::bad_alloc.
  void serve() {
    while (turn()) {
    }
  }

  // turn reads once, and answers all requests that have come then. False: that was the
  // connection's end. Context, errors  as serve.
  bool turn();

 private:
  bool answer();
  bool end(int status);

  stream& from_;
  const site& here_;
  counters& count_;
  desk_pointer desk_;
  reader in_;
  writer out_;
};

}  // namespace httpd
