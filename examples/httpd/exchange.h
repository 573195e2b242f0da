// examples/httpd/exchange.h - one request and the answer to it: what a handler
// sees.
//
//   void hello(httpd::exchange& x) {
//     x.answer(200, "text/plain", "Hello.\n");
//   }
//
// A handler answers once: answer(), or begin() and then write(). It need not read
// the body. HEAD needs no care: what is written is counted and dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "examples/httpd/reader.h"
#include "examples/httpd/writer.h"

namespace httpd {

class exchange {
 public:
  exchange(reader& in, writer& out, bool last);

  const request& asked() const noexcept { return in_.head(); }

  // body returns the next piece of the request's body, empty at its end. False:
  // there is no more, for it is bad; the connection ends after the answer.
  // Blocks.
  bool body(std::span<const char>& piece);
  int body_status() const noexcept { return in_.status(); }

  // answer answers with all of a small text. extra: header lines, each with its
  // \r\n.
  void answer(int status, std::string_view type, std::string_view text,
              std::string_view extra = {});

  // refuse answers with the status and its name.
  void refuse(int status, std::string_view extra = {});

  // begin starts an answer of so many bytes; of none said: in chunks (HTTP/1.0:
  // until the connection's end).
  void begin(int status, std::string_view type,
             std::optional<std::uint64_t> length, std::string_view extra = {});
  void write(std::string_view piece);
  void send_file(burrow::fd& file, std::uint64_t offset, std::uint64_t n);

  // abandon ends the connection without the answer's end: the client sees that
  // something is missing.
  void abandon() noexcept { abandoned_ = true; }

  // finish ends the answer and reads what is left of the request. False: the
  // connection cannot go on. Called by the connection.
  bool finish();

  bool alive() const noexcept { return out_.ok(); }

 private:
  bool bodyless() const noexcept;
  bool drain();

  reader& in_;
  writer& out_;
  bool keep_;
  bool begun_ = false;
  bool chunked_ = false;
  bool abandoned_ = false;
  int status_ = 0;
  std::uint64_t left_ = 0;  // of the length that begin() has promised
};

// refusal answers, without a request, what is none, and ends the connection.
void refusal(writer& out, int status);

}  // namespace httpd
