// tests/model/claim_programs.cc - small programs that enter the runtime, and
// seize ps from each other by the fence; see claim_world.h.
#include "tests/model/claim_world.h"

namespace burrow::rt {

bool askseize(m*, std::uint32_t) noexcept {
  model::fail("a signal, where there is a fence");
}

namespace {

std::vector<model::scenario> scenarios() {
  return {
      make("plunder twice", {[] { own(0, 3); },
                             [] {
                               twice([] { plunder(1, &theworld().a); },
                                     [] { plunder(1, &theworld().a); });
                             }}),
      make("take, and perhaps get the same again",
           {[] { own(0, 3); },
            [] {
              twice([] { taketoidle(1, &theworld().a); },
                    [] { plunder(1, &theworld().a); });
            }}),
      make("two plunder", {[] { own(0, 1); }, [] { plunder(1, &theworld().a); },
                           [] { plunder(2, &theworld().a); }}),
      make("two plunder one who comes twice",
           {[] { own(0, 2); }, [] { plunder(1, &theworld().a); },
            [] { plunder(2, &theworld().a); }},
           "tso"),
      make("one takes for itself, one plunders",
           {[] { own(0, 1); }, [] { taketoown(1, &theworld().a); },
            [] { plunder(2, &theworld().a); }}),
      make("one takes, one plunders the other p",
           {[] { own(0, 2); }, [] { taketoown(1, &theworld().a); },
            [] { plunder(2, &theworld().b); }}),
      make("two take for themselves",
           {[] { own(0, 1); }, [] { taketoown(1, &theworld().a); },
            [] { taketoown(2, &theworld().a); }}),
  };
}

[[maybe_unused]] const bool registered = [] {
  model::variants().push_back({MODEL_VARIANT, MODEL_FOUND_IN, scenarios()});
  return true;
}();

}  // namespace

}  // namespace burrow::rt
