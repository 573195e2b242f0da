// examples/httpd/range.cc - see range.h.

#include "examples/httpd/range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace httpd {

namespace {

// digits reads a number that is all of text; a larger one than fits is the
// largest.
std::optional<std::uint64_t> digits(std::string_view text) noexcept {
  std::uint64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  if (rest != end || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (error != std::errc{}) return std::nullopt;
  return n;
}

}  // namespace

range parse_range(std::string_view text, std::uint64_t size) noexcept {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return {};
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return {};
  const auto last = digits(text.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return {};
    const std::uint64_t n = std::min(*last, size);
    if (n == 0) return {range::kind::unsatisfiable, 0, 0};
    return {range::kind::part, size - n, n};
  }
  const auto first = digits(text.substr(0, dash));
  if (!first || (!last && dash + 1 != text.size())) return {};
  if (last && *last < *first) return {};
  if (*first >= size) return {range::kind::unsatisfiable, 0, 0};
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {range::kind::part, *first, end - *first + 1};
}

}  // namespace httpd
