// tests/api_headers/time.cc - burrow/time.h needs no other header before it.
#include "burrow/time.h"

namespace {

[[maybe_unused]] bool use() {
  burrow::sleep_for(std::chrono::milliseconds(1));
  burrow::timer t{std::chrono::hours(1)};
  return t.stop();
}

}  // namespace
