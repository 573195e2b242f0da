// tests/api_headers/burrow.cc - burrow/burrow.h needs no other header before it.
#include "burrow/burrow.h"

namespace {

[[maybe_unused]] int use() {
  return burrow::run([] {
    auto c = burrow::make_chan<int>();
    burrow::go([c] { c.send(1); });
    burrow::select(burrow::recv(c),
                   burrow::recv(burrow::after(std::chrono::hours(1))));
  });
}

}  // namespace
