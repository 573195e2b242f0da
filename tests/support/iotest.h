// tests/support/iotest.h - what the tests of files, sockets and processes share.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "burrow/exec.h"
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

// text is what one read of f gives.
inline std::string text(fd& f, std::size_t most = 100) {
  std::string s(most, '\0');
  s.resize(f.read(std::as_writable_bytes(std::span(s))));
  return s;
}

// readerror is the error of a read; it may be none.
inline std::error_code readerror(fd& f) {
  std::array<std::byte, 8> room{};
  std::error_code ec;
  f.read(room, ec);
  return ec;
}

// startserver starts one of our examples that are servers, and returns where it
// listens, which is the first that it says on its standard error. What it says after
// that is left in err.
inline std::string startserver(exec::command& server, fd& err) {
  server.err = exec::pipe;
  server.start();
  err = server.err_pipe();
  std::string line;
  for (std::byte b; err.read({&b, 1}) == 1 && b != std::byte{'\n'};)
    line.push_back(static_cast<char>(b));
  return line.substr(line.rfind(' ') + 1);
}

}  // namespace burrow::testsupport
