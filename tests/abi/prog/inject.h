// tests/abi/prog/inject.h - a function of sys/ alone, whose system calls fail.
//
//   mark; before(); mark; act(), whose calls fail; mark; after(result); mark
//
// At the last mark the process has what it had at the first.
#pragma once

#include "tests/abi/prog/prog.h"

struct injection {
  const char* name;
  void (*before)();
  long long (*act)();  // what it returns; 1: a thing made, 0: nothing to tell
  void (*after)(long long result);
};
// Of descriptors; the last one's name is null.
extern const injection kDescriptorInjections[];

constexpr std::int64_t kMs = 1'000'000;
constexpr void (*kNone)() = [] {};
constexpr void (*kLeave)(long long) = [](long long) {};
