// tests/api_headers/go.cc - burrow/go.h needs no other header before it.
#include "burrow/go.h"

namespace {

[[maybe_unused]] int use() {
  return burrow::run([] {
    const burrow::defer d{[] {}};
    burrow::local<int> x{0};
    burrow::future<int> f = burrow::async([] { return 1; });
    burrow::go([] { burrow::yield(); });
    *x = f.get();
  });
}

}  // namespace
