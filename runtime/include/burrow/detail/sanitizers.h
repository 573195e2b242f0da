// burrow/detail/sanitizers.h - which sanitizer this is compiled for: BURROW_ASAN
// and BURROW_TSAN are defined, or not.
#pragma once

#if defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define BURROW_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define BURROW_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)  // g++
#define BURROW_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define BURROW_TSAN 1
#endif
