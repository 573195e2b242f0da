// tests/api_headers/preempt.cc - burrow/preempt.h needs no other header before
// it.
#include "burrow/preempt.h"

namespace {

[[maybe_unused]] void use() { burrow::no_preempt here; }

}  // namespace
