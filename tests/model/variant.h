// tests/model/variant.h - the code under test, and its mutants.
//
// The programs of a protocol are compiled once with the runtime's sources as they
// are, and once with each mutant of them that tests/model/meson.build has sed
// make. Each registers itself here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/model/model.h"

namespace model {

struct scenario {
  const char* name;
  const char* memories;  // in which it is small enough
  std::function<execution()> setup;
};

struct variant {
  std::string name;     // "actual", or what was left out
  std::string foundin;  // a mutant: the memories whose check has to find it
  std::vector<scenario> scenarios;
};

inline std::vector<variant>& variants() {
  static std::vector<variant> all;
  return all;
}

}  // namespace model
