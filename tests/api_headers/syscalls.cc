// tests/api_headers/syscalls.cc - burrow/syscalls.h needs no other header before it.
#include "burrow/syscalls.h"

namespace {

[[maybe_unused]] std::intptr_t use() {
  burrow::fd file;
  return burrow::blocking([] { return burrow::syscalls::call(39).value; });
}

}  // namespace
