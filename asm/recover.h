// asm/recover.h - out of a function that has faulted, to the function that called it.
//
// By the compiler's own setjmp where every compiler has one; clang has none on
// arm64. The C library's may check where a jump goes, and knows nothing of our
// stacks.
#pragma once

#include <cstdint>

#if defined(__aarch64__)

struct burrow_recovery {
  std::uint64_t word[22];
};

extern "C" {

// burrow_recoverable returns 0, and once more, not 0, after burrow_recover(r).
//
// Context  any; the function that called it must not have returned by then. A
//          local variable that has changed between the two is undefined.
__attribute__((visibility("hidden"), returns_twice)) int burrow_recoverable(
    burrow_recovery* r) noexcept;

// burrow_recover goes there.
//
// Context  what was called since then; a signal handler first puts the mask back.
[[noreturn]] __attribute__((visibility("hidden"))) void burrow_recover(
    burrow_recovery* r) noexcept;

}  // extern "C"

#else

struct burrow_recovery {
  void* word[5];
};

#define burrow_recoverable(r) __builtin_setjmp((r)->word)
#define burrow_recover(r) __builtin_longjmp((r)->word, 1)

#endif
