// sys/print.h - messages from places where nothing else may be called.
//
//   sys::printer(2) << "burrow: bad m " << sys::hex{addr} << " tid " << tid
//                   << "\n";
//
// Text and numbers are collected in a buffer inside the printer, which writes
// it when it is full and when the printer goes: a message of up to kBytes is one
// write, so two threads' lines do not mix. Nothing allocates, nothing is locked,
// errno stays as it is.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "sys/os.h"

namespace burrow::sys {

// hex marks a number to be printed as 0x...
struct hex {
  std::uint64_t value;
};

// Context  any, signal handlers included. About kBytes of stack.
struct printer {
  static constexpr std::size_t kBytes = 512;

  explicit printer(int to) noexcept : fd(to) {}
  printer(const printer&) = delete;
  printer& operator=(const printer&) = delete;
  ~printer() { flush(); }

  printer& operator<<(const char* text) noexcept {
    while (*text != 0) put(*text++);
    return *this;
  }

  printer& operator<<(char c) noexcept {
    put(c);
    return *this;
  }

  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>)
  printer& operator<<(T value) noexcept {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < T{0}) {
      put('-');
      magnitude = 0 - magnitude;  // right for the least value too
    }
    digits(magnitude, 10);
    return *this;
  }

  printer& operator<<(hex number) noexcept {
    *this << "0x";
    digits(number.value, 16);
    return *this;
  }

  // flush writes what has been collected; what cannot be written is dropped.
  void flush() noexcept {
    const char* at = buffer;
    while (used > 0) {
      const std::int64_t n = write(fd, at, used);
      if (n == -EINTR) continue;
      if (n <= 0) break;
      at += n;
      used -= static_cast<std::size_t>(n);
    }
    used = 0;
  }

 private:
  void put(char c) noexcept {
    if (used == kBytes) flush();
    buffer[used++] = c;
  }

  void digits(std::uint64_t value, std::uint64_t base) noexcept {
    char text[20];  // 2^64 has 20 decimal digits
    std::size_t n = 0;
    do {
      text[n++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (n > 0) put(text[--n]);
  }

  int fd;
  std::size_t used = 0;
  char buffer[kBytes];
};

}  // namespace burrow::sys
