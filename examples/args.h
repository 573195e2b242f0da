// examples/args.h - the command line of the examples that take a number.
//
// A bad argument is one clear line on stderr and exit code 2.
#pragma once

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace examples {

// one_number returns the program's only argument, or fallback if there is
// none. It ends the program when the argument is not a whole number from min
// to max, or when there are more arguments. Context: main(), before run().
inline long one_number(int argc, char** argv, const char* name, long fallback,
                       long min, long max) {
  if (argc > 2) {
    std::fprintf(stderr, "usage: %s [%s]\n", argv[0], name);
    std::exit(2);
  }
  if (argc < 2) return fallback;
  const char* const text = argv[1];
  const char* const end = text + std::strlen(text);
  long value = 0;
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || rest != end || value < min || value > max) {
    std::fprintf(stderr, "%s: %s must be a whole number from %ld to %ld: %s\n",
                 argv[0], name, min, max, text);
    std::exit(2);
  }
  return value;
}

}  // namespace examples
