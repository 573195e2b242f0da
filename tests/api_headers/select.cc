// tests/api_headers/select.cc - burrow/select.h needs no other header before it.
#include "burrow/select.h"

namespace {

[[maybe_unused]] void use(burrow::chan<int> c) {
  burrow::select(burrow::recv(c, [] {}), burrow::send(c, 1),
                 burrow::otherwise());
}

}  // namespace
