// sys/refused.h - the end, after a call that has no errors where it is made, or that
// nobody can do without, and the system has refused it: a sandbox does, or memory for
// tables was short.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sys/os.h"

namespace burrow::sys {

// refused ends the process, status 2, with a line on descriptor 2. err is -errno.
[[noreturn]] inline void refused(const char* call, std::int64_t err) noexcept {
  char line[96];
  std::size_t n = 0;
  const auto add = [&](const char* s) {
    while (*s != 0 && n < sizeof line) line[n++] = *s++;
  };
  char digits[8] = {};
  std::size_t at = sizeof digits - 1;
  auto left = static_cast<std::uint32_t>(-err % 10'000);
  do digits[--at] = static_cast<char>('0' + left % 10);
  while ((left /= 10) != 0);
  add("fatal error: the system has refused ");
  add(call);
  add(", errno ");
  add(digits + at);
  add("\n");
  write(2, line, n);
  exitprocess(2);
}

// unmask is sigmask_restore where the thread cannot stay as it is.
inline void unmask(const std::uint64_t* old) noexcept {
  if (const std::int64_t r = sigmask_restore(old); r < 0)
    refused("sigprocmask", r);
}

}  // namespace burrow::sys
