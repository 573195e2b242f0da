// examples/kv/number.h - integers as Redis writes them.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kv {

// integer reads all of s as a 64-bit number: no spaces, no '+', no leading zeros,
// so that each number has one spelling. nullopt: it is none.
inline std::optional<std::int64_t> integer(std::string_view s) {
  const std::string_view digits = s.substr(s.starts_with('-') ? 1 : 0);
  if (digits.starts_with('0') && s.size() > 1) return std::nullopt;
  std::int64_t n = 0;
  const char* const end = s.data() + s.size();
  const auto [rest, error] = std::from_chars(s.data(), end, n);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return n;
}

}  // namespace kv
