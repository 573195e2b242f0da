// tests/api_headers/future.cc - burrow/future.h needs no other header before it.
#include "burrow/future.h"

namespace {

[[maybe_unused]] int use() {
  return burrow::async([](int n) { return n; }, 1).get();
}

}  // namespace
