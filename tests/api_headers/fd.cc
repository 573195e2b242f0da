// tests/api_headers/fd.cc - burrow/fd.h needs no other header before it.
#include "burrow/fd.h"

namespace {

[[maybe_unused]] std::size_t use() {
  auto [in, out] = burrow::pipe();
  std::byte room[8];
  out.write(room);
  return in.read(room);
}

}  // namespace
