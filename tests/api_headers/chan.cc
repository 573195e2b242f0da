// tests/api_headers/chan.cc - burrow/chan.h needs no other header before it.
#include "burrow/chan.h"

namespace {

[[maybe_unused]] void use() {
  auto c = burrow::make_chan<int>(1);
  c.send(1);
  for (int v : c) c.try_send(v);
}

}  // namespace
