// tests/support/iotest.h - what the tests of files, sockets and processes share.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

// refusing is a port of 127.0.0.1 on which nobody listens, nor will: one that is only
// free may be another program's a moment later.
class refusing {
 public:
  refusing() : held_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof a;
    const auto any = reinterpret_cast<sockaddr*>(&a);
    EXPECT_EQ(::bind(held_.get(), any, n), 0);
    EXPECT_EQ(::getsockname(held_.get(), any, &n), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(a.sin_port));
  }
  const std::string& address() const { return address_; }

 private:
  fd held_;
  std::string address_;
};

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
