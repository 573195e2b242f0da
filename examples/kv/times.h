// examples/kv/times.h - times to live, as SET and EXPIRE take them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "examples/kv/commands.h"

namespace kv {

enum class unit : std::int64_t { ms = 1, seconds = 1000 };

// moment is now + n units, in ms; nullopt: beyond what 64 bits hold.
inline std::optional<std::int64_t> moment(std::int64_t now, std::int64_t n,
                                          unit u) noexcept {
  std::int64_t when = 0;
  if (__builtin_mul_overflow(n, static_cast<std::int64_t>(u), &when) ||
      __builtin_add_overflow(when, now, &when))
    return std::nullopt;
  return when;
}

inline void bad_expire(client& c, std::string_view name) {
  c.out.error("ERR invalid expire time in '" + std::string(name) + "' command");
}

}  // namespace kv
