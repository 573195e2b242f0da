// tests/support/sanitizer.h - what a sanitizer makes different for a test.
#pragma once

#if defined(BURROW_HAVE_VALGRIND)
#include <valgrind/valgrind.h>
#endif

#if defined(__has_feature)
#define HAS_SANITIZER(name) __has_feature(name)
#else
#define HAS_SANITIZER(name) 0
#endif

namespace burrow::testsupport {

#if defined(__SANITIZE_THREAD__) || HAS_SANITIZER(thread_sanitizer)
inline constexpr bool kTsan = true;
#else
inline constexpr bool kTsan = false;
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_SANITIZER(address_sanitizer)
inline constexpr bool kSanitizer = true;
#else
inline constexpr bool kSanitizer = kTsan;
#endif

// keepsfreed: what has been freed is kept for a while, by intention.
inline bool keepsfreed() {
#if defined(BURROW_HAVE_VALGRIND)
  if (RUNNING_ON_VALGRIND != 0) return true;
#endif
  return kSanitizer;
}

}  // namespace burrow::testsupport

#undef HAS_SANITIZER
