// examples/httpd/parser.h - llhttp, which Node.js is built on, for one connection.
//
// It gets bytes as they come and stops at the end of a head that has a body, and
// at the end of a message. It copies nothing: what it finds are pieces of the
// caller's room, where a head has to stay whole until its request is answered.
// Bytes of a body are moved together in place, over the framing of their chunks.
//
// Rejected: picohttpparser, which begins anew with each piece of a head that
// comes in pieces, and leaves lengths and chunks to its user; http-parser, which
// nobody maintains any more. Debian has llhttp's C sources in node-llhttp, a
// package of 250 KB with what it depends on, without Node.js itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "examples/httpd/request.h"

namespace httpd {

class parser {
 public:
  enum class event : std::uint8_t {
    more,  // all taken
    head,  // a head that a body follows
    end,   // a message is complete; its head, too, if it had no body
    bad,   // no HTTP that we understand: status()
  };

  parser();
  ~parser();
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;

  // begin is for a new connection's bytes.
  void begin() noexcept;

  // feed parses n bytes, and counts those taken. Those of a head are to follow
  // the last ones in memory. Bytes of a body go to `body`, which is not beyond
  // `from`, and is moved along.
  event feed(char* from, std::size_t n, std::size_t& taken, char*& body);

  // moved says that the head now lies so many bytes lower.
  void moved(std::size_t lower) noexcept;

  // next forgets the request.
  void next() noexcept;

  const request& head() const noexcept;
  int status() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> s_;
};

}  // namespace httpd
