// tests/api_headers/signals.cc - burrow/signals.h needs no other header before it.
#include "burrow/signals.h"

namespace {

[[maybe_unused]] void use() {
  auto c = burrow::make_chan<int>(1);
  burrow::signals::notify(c, {2});
  burrow::signals::stop(c);
}

}  // namespace
