// examples/httpd/desk.h - what a connection works at while there is something to do.
//
// A connection takes a desk when a request begins to come in, and gives it back when all
// is answered and sent: one that rests has none (but see fd::read(room)). So a few desks,
// which stay in the processor's cache, serve thousands of connections.
#pragma once

#include <cstddef>

#include "burrow/pool.h"
#include "examples/httpd/bounds.h"
#include "examples/httpd/parser.h"

namespace httpd {

struct desk {
  parser parse;
  // As they were left.
  char in[kMaxHead + (4 << 10)];
  char out[4 << 10];
};

using desk_pointer = burrow::pool<desk>::pointer;

// take_desk returns one whose parser is at the beginning of a connection.
desk_pointer take_desk();

}  // namespace httpd
