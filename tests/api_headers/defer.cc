// tests/api_headers/defer.cc - burrow/defer.h needs no other header before it.
#include "burrow/defer.h"

namespace {

[[maybe_unused]] int use(int n) {
  burrow::defer d{[&] { ++n; }};
  return n;
}

}  // namespace
