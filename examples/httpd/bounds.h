// examples/httpd/bounds.h - what a client may ask of the server, and how slowly.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace httpd {

// The head of a request: its first line and its headers. Bytes.
inline constexpr std::size_t kMaxHead = 8 << 10;

// What is left of a body that no handler wanted is read and dropped, up to this
// many bytes; beyond, the connection is closed.
inline constexpr std::uint64_t kMaxDrain = 64 << 10;

struct limits {
  std::uint64_t body = 1 << 20;       // bytes of a request's body
  std::size_t connections = 100'000;  // at a time; more wait to be accepted

  // A head must be here so long after its first byte.
  std::chrono::milliseconds head{10'000};
  // A connection may rest so long between requests.
  std::chrono::milliseconds idle{60'000};
  // A body may be late by body_grace, and must come at body_rate (bytes a
  // second) otherwise.
  std::chrono::milliseconds body_grace{10'000};
  std::uint64_t body_rate = 1024;
  // A client must take what it is sent, piece by piece (at most 256 KiB), each
  // in this time or three quarters of it.
  std::chrono::milliseconds write{30'000};
  // After SIGTERM requests on their way have so long.
  std::chrono::milliseconds shutdown{10'000};
};

}  // namespace httpd
