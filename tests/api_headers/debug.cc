// tests/api_headers/debug.cc - burrow/debug.h needs no other header before it.
#include "burrow/debug.h"

namespace {

[[maybe_unused]] std::size_t use() {
  burrow::debug::dump_goroutines(2);
  return burrow::debug::stack().size();
}

}  // namespace
