// tests/api_headers/context.cc - burrow/context.h needs no other header before it.
#include "burrow/context.h"

namespace {

[[maybe_unused]] void use() {
  auto [ctx, cancel] = burrow::with_cancel(burrow::background());
  cancel();
  ctx.done().recv();
}

}  // namespace
