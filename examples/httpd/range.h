// examples/httpd/range.h - the Range header: "bytes=0-499", "bytes=500-",
// "bytes=-100".
#pragma once

#include <cstdint>
#include <string_view>

namespace httpd {

struct range {
  enum class kind : std::uint8_t {
    whole,  // none asked for, several, or nonsense: RFC 9110 lets us send
            // all then
    part,   // of [first, first + size)
    unsatisfiable,  // beyond the end
  };
  kind what = kind::whole;
  std::uint64_t first = 0, size = 0;
};

// parse_range reads the header's value for a file of that size.
range parse_range(std::string_view text, std::uint64_t size) noexcept;

}  // namespace httpd
