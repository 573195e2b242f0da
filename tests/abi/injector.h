// tests/abi/injector.h - an error at each call that each function of sys/ makes.
//
// A program (prog/inject.cc) runs one function of sys/; the bed writes down which
// calls it makes. Then once more for each of these calls and each error that the
// call's manual allows: the result must be what the header says, the mask as it was,
// and nothing may be left behind. Nothing lists the calls of a function: one that is
// added is failed, too.
#pragma once

#include <string>
#include <vector>

#include "tests/abi/bed.h"

namespace abibed {

struct injections {
  int functions = 0, calls = 0, runs = 0;
  std::vector<std::string> wrong;
};
injections injecteach(const std::string& program, options how);

// ---- What is expected (inject_expect.cc) ----

// The errors of a call, in the numbers of these systems.
struct errors {
  std::vector<int> numbers;
  bool byvalue = false;  // see injection
};
errors errorsof(const options& how, const std::string& function,
                const std::string& call);

// Why the kernel's call is never failed; empty: it is.
std::string unfailing(const options& how, const std::string& call);

struct expectation {
  enum kind {
    negative,  // the error, as sys/ tells them
    same,      // as if nothing had happened
    value,
    fatal,    // the process ends, and says that the call was refused
    unknown,  // on a kernel of before the last one known: what it lacks is called
  } what = negative;
  long long number = 0;
  int ports = 0;  // references that are lost
};
expectation expected(const options& how, const std::string& function,
                     const std::string& call, int occurrence, int error);

}  // namespace abibed
