// tests/support/syscases.h - each function of sys/ alone, as tests/abi/prog/inject.cc
// has it for the ports that are played; and newosproc.
#pragma once

#include <vector>

namespace burrow::testsupport {

struct syscase {
  const char* name;
  void (*before)();
  long long (*act)();  // what the function returns; 1: made, 0: nothing to tell
  void (*after)(long long result);
  bool keeps = false;  // descriptors or memory for good, as a poller does
  int status = 0;      // the child's, as of wait
  bool (*cannot)() = nullptr;
};

extern const std::vector<syscase> kPlaincases, kDescriptorcases;

// runcase is the child: mark, before, mark, act, mark, after, mark.
void runcase(const syscase& c, long long* result);

}  // namespace burrow::testsupport
