// sys/field.h - what is at an offset of a kernel's structure, which may not be
// aligned.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

template <typename T>
T load(const void* at, std::size_t offset) noexcept {
  T value;
  __builtin_memcpy(&value, static_cast<const char*>(at) + offset, sizeof value);
  return value;
}

template <typename T>
void store(void* at, std::size_t offset, T value) noexcept {
  __builtin_memcpy(static_cast<char*>(at) + offset, &value, sizeof value);
}

inline std::uintptr_t word(const void* at, std::size_t offset) noexcept {
  return load<std::uintptr_t>(at, offset);
}

}  // namespace burrow::sys
