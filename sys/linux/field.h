// sys/linux/field.h - reading and writing kernel structures by offset.
#pragma once

#include <cstddef>

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

}  // namespace burrow::sys
