// tests/support/dumptest.h - what the tests of dumps share.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <regex>
#include <string>

#include "burrow/debug.h"
#include "burrow/go.h"

namespace burrow::testsupport {

// dumped returns what dump_goroutines writes.
inline std::string dumped() {
  const int fd = memfd_create("dump", 0);
  debug::dump_goroutines(fd);
  std::string text;
  std::array<char, 4096> part{};
  lseek(fd, 0, SEEK_SET);
  for (ssize_t n; (n = read(fd, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(n));
  close(fd);
  return text;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline bool like(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

// await_dump dumps until the text is `like` the pattern, and returns it.
inline std::string await_dump(const std::string& pattern) {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text = dumped();
    if (like(text, pattern)) return text;
    yield();
  }
  ADD_FAILURE() << "never in a dump: " << pattern << "\n" << text;
  return text;
}

// await_parked dumps until n goroutines are in that state, as dumps write it.
inline void await_parked(const std::string& state, int n) {
  for (int i = 0, found = 0; i < 20000; ++i, found = 0) {
    const std::string text = dumped();
    for (std::size_t at = 0; (at = text.find(state, at)) != text.npos; ++at)
      ++found;
    if (found == n) return;
    yield();
  }
  ADD_FAILURE() << "never " << n << " in a dump: " << state;
}

// entry is the part of a dump about the goroutine of that name.
inline std::string entry(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\"" + name + "\" [");
  if (at == text.npos) return "";
  const std::size_t begin = text.rfind("goroutine ", at);
  return text.substr(begin, text.find("\n\n", at) - begin) + "\n";
}

}  // namespace burrow::testsupport
