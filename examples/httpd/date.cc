// examples/httpd/date.cc - see date.h.
//
// The C library does the work, in the "C" locale, which this program never
// leaves.

#include "examples/httpd/date.h"

#include <cstring>

namespace httpd {

void format_date(std::time_t t, char* to) noexcept {
  std::tm parts{};
  gmtime_r(&t, &parts);
  char text[64];
  // A year of five digits does not fit; HTTP has no such date.
  if (std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts) !=
      kDateSize)
    std::memcpy(text, "Thu, 01 Jan 1970 00:00:00 GMT", kDateSize);
  std::memcpy(to, text, kDateSize);
}

// Not inlined: a thread_local is the thread's on which the function was entered,
// and nothing here blocks.
[[gnu::noinline]] void now_date(char* to) noexcept {
  static thread_local std::time_t second = -1;
  static thread_local char text[kDateSize];
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    format_date(now, text);
    second = now;
  }
  std::memcpy(to, text, kDateSize);
}

std::optional<std::time_t> parse_date(std::string_view text) {
  char room[64];
  if (text.empty() || text.size() >= sizeof room) return std::nullopt;
  std::memcpy(room, text.data(), text.size());
  room[text.size()] = '\0';
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = strptime(room, form, &parts);
    if (end != nullptr && *end == '\0') return timegm(&parts);
  }
  return std::nullopt;
}

}  // namespace httpd
