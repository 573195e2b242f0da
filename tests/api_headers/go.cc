// tests/api_headers/go.cc - burrow/go.h needs no other header before it.
#include "burrow/go.h"

namespace {

[[maybe_unused]] int use() {
  return burrow::run([] { burrow::go([] { burrow::yield(); }); });
}

}  // namespace
