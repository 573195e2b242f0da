// tests/api_headers/net.cc - burrow/net.h needs no other header before it.
#include "burrow/net.h"

namespace {

[[maybe_unused]] void use() {
  auto l = burrow::net::listen("tcp", "127.0.0.1:0");
  auto c = burrow::net::dial("tcp", l.address().string());
  c.close_write();
}

}  // namespace
