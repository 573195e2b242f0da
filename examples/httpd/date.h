// examples/httpd/date.h - dates as HTTP has them: Sun, 06 Nov 1994 08:49:37 GMT.
#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string_view>

namespace httpd {

inline constexpr std::size_t kDateSize = 29;

// format_date writes kDateSize bytes, without a zero.
void format_date(std::time_t t, char* to) noexcept;

// now_date writes the date of now, kDateSize bytes. It is formatted once a second
// on each thread.
void now_date(char* to) noexcept;

// parse_date reads the three forms that RFC 9110 wants understood.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace httpd
