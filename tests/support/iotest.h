// tests/support/iotest.h - what the tests of files, sockets and processes share.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "burrow/fd.h"

namespace burrow::testsupport {

inline std::span<const std::byte> bytes(std::string_view s) {
  return std::as_bytes(std::span(s));
}

// all reads f to its end.
inline std::string all(fd& f) {
  std::string s;
  std::array<std::byte, 1000> room{};
  while (const std::size_t n = f.read(room))
    s.append(reinterpret_cast<const char*>(room.data()), n);
  return s;
}

}  // namespace burrow::testsupport
