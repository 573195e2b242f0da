// examples/httpd/request.h - a request's head, as parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace httpd {

enum class verb : std::uint8_t {
  get,
  head,
  post,
  options,
  known,    // another of HTTP: it exists, but not here
  unknown,  // of some protocol that resembles HTTP
};

// The texts lie on the reader's desk: they are gone with the next request.
struct request {
  verb method = verb::unknown;
  std::string_view path;   // begins with '/', still encoded; or "*"
  std::string_view query;  // without its '?'

  std::string_view range, if_range, if_modified_since;

  bool version11 = false;   // else HTTP/1.0
  bool keep_alive = false;  // what the client asks for
  bool has_body = false;
  bool expects_continue = false;
  std::uint64_t content_length = 0;  // 0, too: chunked
};

}  // namespace httpd
