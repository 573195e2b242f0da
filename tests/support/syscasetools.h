// tests/support/syscasetools.h - what the cases of tests/support/syscases.h are made
// of. Whatever is wrong in the child ends it with a line: it has no GoogleTest.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace burrow::testsupport {

inline constexpr std::size_t kBytes = std::size_t{64} << 10;
inline constexpr std::int64_t kMs = 1'000'000;

inline void must(bool holds, const char* what) {
  if (holds) return;
  dprintf(2, "not so: %s\n", what);
  _exit(9);
}
#define MUST(x) must(x, #x)

inline void none() {}
inline void none(long long) {}
inline long long one(bool made) { return made ? 1 : 0; }

}  // namespace burrow::testsupport
