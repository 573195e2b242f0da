// bench/net/reply.h - the length of an HTTP/1.1 response, and whether it is one.
#pragma once

#include <charconv>
#include <string_view>

namespace bench::net {

// httplength looks at the beginning of a response.
//
// Returns  bytes of the whole response, head and body; 0: its head is not
//          complete yet; -1: no "200", or no Content-Length.
inline long httplength(std::string_view got) noexcept {
  constexpr std::string_view kStatus = "HTTP/1.1 200", kEnd = "\r\n\r\n";
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const std::size_t end = got.find(kEnd);
  if (end == got.npos) return 0;
  if (got.substr(0, kStatus.size()) != kStatus) return -1;
  const std::string_view head = got.substr(0, end);
  for (std::size_t at = head.find('\r'); at != head.npos;
       at = head.find('\r', at + 1)) {
    const std::string_view line = head.substr(at);
    std::size_t i = 0;
    while (i < kLength.size() && i < line.size() &&
           (line[i] == kLength[i] || (line[i] | 0x20) == kLength[i]))
      i++;
    if (i < kLength.size()) continue;
    while (i < line.size() && line[i] == ' ') i++;
    long body = -1;
    std::from_chars(line.data() + i, line.data() + line.size(), body);
    return body < 0 ? -1 : static_cast<long>(end + kEnd.size()) + body;
  }
  return -1;
}

}  // namespace bench::net
