// sys/linux/syscall.h - system calls by name, for the files of this folder.
//
// syscall converts its arguments to registers; nr is in the processor's abi_*.h,
// which has all that differs between them. Kernel structures and constants are
// declared where they are used, by the values that the kernel's interface fixes
// for ever.
#pragma once

#include <cstdint>
#include <type_traits>

#include "asm/asm.h"
#if defined(__x86_64__)
#include "sys/linux/abi_amd64.h"
#elif defined(__i386__)
#include "sys/linux/abi_386.h"
#elif defined(__aarch64__)
#include "sys/linux/abi_arm64.h"
#else
#error "sys/linux: this processor is not ported"
#endif

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

template <typename... A>
inline std::int64_t syscall(nr call, A... args) noexcept {
  static_assert(sizeof...(A) <= 6);
  const std::uintptr_t a[7] = {reg(args)...};  // one more: none is an array too
  return burrow_syscall6(static_cast<std::intptr_t>(call), a[0], a[1], a[2],
                         a[3], a[4], a[5]);
}

// mapped returns the address that mmap has returned, nullptr for an error. Where
// addresses have 32 bits they may look negative.
inline void* mapped(std::int64_t result) noexcept {
  if (result < 0 && result >= -4095) return nullptr;
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(result));
}

// What the kernel calls struct __kernel_timespec.
struct timespec {
  std::int64_t sec;
  std::int64_t nsec;
};
inline constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace burrow::sys
