// tests/support/sanitizer.h - what a sanitizer makes different for a test.
#pragma once

#if defined(BURROW_HAVE_VALGRIND)
#include <valgrind/valgrind.h>
#endif

#include "burrow/detail/sanitizers.h"

namespace burrow::testsupport {

#if defined(BURROW_TSAN)
inline constexpr bool kTsan = true;
#else
inline constexpr bool kTsan = false;
#endif
#if defined(BURROW_ASAN) || defined(BURROW_TSAN)
inline constexpr bool kSanitizer = true;
#else
inline constexpr bool kSanitizer = false;
#endif

// watched: a sanitizer or valgrind keeps what has been freed for a while, by
// intention, and has little room for goroutines that are alive at once.
inline bool watched() {
#if defined(BURROW_HAVE_VALGRIND)
  if (RUNNING_ON_VALGRIND != 0) return true;
#endif
  return kSanitizer;
}

}  // namespace burrow::testsupport
