// sys/bsd/syscall.h - system calls, for the files of sys/bsd and of its systems.
//
// A call's number is a function or constant of sys/bsd/kernel.h, for some kernels
// have renumbered theirs. Arguments of 64 bits are given as words by the caller.
#pragma once

#include <cstdint>
#include <type_traits>

#include "asm/bsd.h"
#include "sys/bsd/kernel.h"

namespace burrow::sys {

template <typename T>
inline std::uintptr_t reg(T value) noexcept {
  if constexpr (std::is_null_pointer_v<T>)
    return 0;
  else if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<std::uintptr_t>(value);
  else
    return static_cast<std::uintptr_t>(value);
}

// What a call has returned: value is the error number if it has failed.
struct callresult {
  std::uintptr_t value;
  std::uintptr_t second;
  bool failed;
};

template <typename... A>
inline callresult syscallresult(std::uint32_t number, A... args) noexcept {
  static_assert(sizeof...(A) <= 8);
  const std::uintptr_t a[9] = {reg(args)...};
  std::uintptr_t out[2];
  const int failed = burrow_bsdcall(number, a, out);
  return {out[0], out[1], failed != 0};
}

// syscall returns the result, >= 0 whatever its highest bit, or -errno.
template <typename... A>
inline std::int64_t syscall(std::uint32_t number, A... args) noexcept {
  const callresult r = syscallresult(number, args...);
  return r.failed ? -static_cast<std::int64_t>(r.value)
                  : static_cast<std::int64_t>(r.value);
}

inline constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace burrow::sys
