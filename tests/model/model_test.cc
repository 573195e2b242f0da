// tests/model/model_test.cc - a protocol's code holds in every interleaving; and
// the checker finds what is wrong with each mutant of it.
//
// Linked once for each protocol, with its variants. MODEL_REACHES has a bit for
// each thing that some execution of the code has to have done.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/model/variant.h"
#include "tests/support/sanitizer.h"

namespace {

using model::memory;
using model::report;

const char* name(memory how) { return how == memory::tso ? "tso" : "weak"; }

bool names(const std::string& list, memory how) {
  return list.find(name(how)) != list.npos;
}

class Model : public testing::TestWithParam<memory> {
 protected:
  void SetUp() override {
    if (burrow::testsupport::kTsan)
      GTEST_SKIP() << "the checker's threads are coroutines that the sanitizer "
                      "does not know";
  }
};

TEST_P(Model, TheCodeHoldsInEveryInterleaving) {
  model::word reached = 0;
  for (const model::variant& v : model::variants()) {
    if (!v.name.starts_with("actual")) continue;
    for (const model::scenario& s : v.scenarios) {
      if (!names(s.memories, GetParam())) continue;
      const report r = model::explore(GetParam(), s.setup);
      EXPECT_FALSE(r.violated) << s.name << ": " << r.why;
      EXPECT_GT(r.states, 100u);
      reached |= r.reached;
      std::printf("  %-40s %8zu states %8zu executions\n", s.name, r.states,
                  r.executions);
      std::fflush(stdout);
    }
  }
  EXPECT_EQ(reached, model::word{MODEL_REACHES});
}

TEST_P(Model, EachMutantIsFound) {
  int mutants = 0;
  for (const model::variant& v : model::variants()) {
    if (!names(v.foundin, GetParam())) continue;
    mutants++;
    std::string found;
    for (const model::scenario& s : v.scenarios) {
      if (!names(s.memories, GetParam())) continue;
      const report r = model::explore(GetParam(), s.setup);
      if (!r.violated) continue;
      found += std::string(s.name) + ": " + r.why.substr(0, r.why.find('\n'));
      break;
    }
    EXPECT_NE(found, "") << v.name;
    std::printf("  without %-20s %s\n", v.name.c_str(), found.c_str());
    std::fflush(stdout);
  }
  EXPECT_GE(mutants, 3);
}

INSTANTIATE_TEST_SUITE_P(, Model, testing::Values(memory::tso, memory::weak),
                         [](const auto& p) { return name(p.param); });

}  // namespace
