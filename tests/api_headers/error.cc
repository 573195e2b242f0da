// tests/api_headers/error.cc - burrow/error.h needs no other header before it.
#include "burrow/error.h"

namespace {

[[maybe_unused]] bool use(const burrow::panic_error& e, std::error_code c) {
  return e.what() != nullptr && c == burrow::errc::canceled;
}

}  // namespace
