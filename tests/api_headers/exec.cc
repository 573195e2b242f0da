// tests/api_headers/exec.cc - burrow/exec.h needs no other header before it.
#include "burrow/exec.h"

namespace {

[[maybe_unused]] bool use() {
  burrow::exec::command c{"true"};
  c.out = burrow::exec::null;
  return c.run().success();
}

}  // namespace
