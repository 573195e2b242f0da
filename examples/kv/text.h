// examples/kv/text.h - names without regard to case; ASCII only, as the protocol.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace kv {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view s) {
  std::string r(s);
  std::transform(r.begin(), r.end(), r.begin(),
                 [](char c) { return lower(c); });
  return r;
}

// same says whether s is the word, which is in lower case.
inline bool same(std::string_view s, std::string_view word) noexcept {
  return std::equal(s.begin(), s.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace kv
