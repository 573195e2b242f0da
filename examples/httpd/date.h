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

// now_date is the date of now. It is formatted once a second on each thread.
//
// Context  any. The result is the thread's: to be copied before the goroutine
//          may block.
std::string_view now_date() noexcept;

// parse_date reads the three forms that RFC 9110 wants understood.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace httpd
