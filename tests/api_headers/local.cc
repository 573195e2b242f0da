// tests/api_headers/local.cc - burrow/local.h needs no other header before it.
#include "burrow/local.h"

namespace {

[[maybe_unused]] int use() {
  burrow::local<int> x{0};
  return *x = 5;
}

}  // namespace
