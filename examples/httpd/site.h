// examples/httpd/site.h - what there is to be had here.
//
//   /plaintext              a small text: the benchmark's
//   /                       the same, when no folder is served
//   /echo                   POST: the body comes back, in chunks, as it comes
//   /debug/burrow           the scheduler, live; for clients on this machine
//   /debug/burrow/figures   what of it changes
//   /debug/burrow/dump      every goroutine
//   anything else           files of the folder
#pragma once

#include <functional>

#include "examples/httpd/exchange.h"

namespace httpd {

// What the server knows of itself.
struct traffic {
  std::uint64_t accepted = 0, open = 0, requests = 0, bytes_out = 0;
};

struct site {
  int folder = -1;  // of files; -1: none
  std::function<traffic()> count;
};

// handle answers one request, which came from there.
void handle(exchange& x, const site& s, const stream& from);

}  // namespace httpd
