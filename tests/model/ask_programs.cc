// tests/model/ask_programs.cc - programs that seize ps from each other by a signal
// (askseize.cc) in place of the fence; see claim_world.h.
//
// Each m has a handler, which runs the owner's half, answerseize, between any two
// of its steps: at once, late, when the one who asked has given up and another
// asks, after the thread's last step, or never, as the thread blocks it. How long
// a thief waits is left open: he may give up whenever he looks at the clock.
//
// A thief without an answer turns to the fence. With that (MODEL_FENCE_AFTER_ALL)
// the larger programs have too many states: they end where he gives up.
#include "tests/model/claim_world.h"
// After that, for it needs its names.
#include MODEL_ASK

#include <new>

namespace burrow::rt {

namespace {

// What a thread's clock shows: it runs from when it has sent a signal.
struct clocks {
  model::ghost runs[kThreads] = {model::ghost(0), model::ghost(0),
                                 model::ghost(0)};
};
alignas(clocks) unsigned char clockroom[sizeof(clocks)];
model::ghost& clockruns() {
  return std::launder(reinterpret_cast<clocks*>(clockroom))
      ->runs[model::self()];
}

void onsignal(m* mp) {
  model::reached(answerseize(mp) ? kAnswered : kNoQuestion);
}

void handlers(model::execution& e) {
  new (clockroom) clocks;
  e.handlers = {[] { onsignal(&theworld().ms[0]); },
                [] { onsignal(&theworld().ms[1]); },
                [] { onsignal(&theworld().ms[2]); }};
}

model::scenario by(const char* name, std::vector<body> threads,
                   const char* memories = "tso weak") {
  return make(name, std::move(threads), memories, handlers);
}

void plundertwice() {
  twice([] { plunder(1, &theworld().a); }, [] { plunder(1, &theworld().a); });
}

void takeandplunder() {
  twice([] { taketoidle(1, &theworld().a); },
        [] { plunder(1, &theworld().a); });
}

std::vector<model::scenario> scenarios() {
  return {
    by("plunder twice", {[] { own(0, 1); }, plundertwice}),
        by("take, and perhaps get the same again",
           {[] { own(0, 1); }, takeandplunder}),
#if !defined(MODEL_FENCE_AFTER_ALL)
        by("plunder one who comes twice", {[] { own(0, 2); }, plundertwice},
           "tso"),
        by("take from one who comes twice", {[] { own(0, 2); }, takeandplunder},
           "tso"),
        by("two plunder",
           {[] { own(0, 1); }, [] { plunder(1, &theworld().a); },
            [] { plunder(2, &theworld().a); }},
           "tso"),
        by("one takes, one plunders",
           {[] { own(0, 1); }, [] { taketoidle(1, &theworld().a); },
            [] { plunder(2, &theworld().a); }}),
#endif
        by("one takes, one plunders the other p",
           {[] { own(0, 1); }, [] { taketoown(1, &theworld().a); },
            [] { plunder(2, &theworld().b); }}),
  };
}

[[maybe_unused]] const bool registered = [] {
  model::variants().push_back({MODEL_VARIANT, MODEL_FOUND_IN, scenarios()});
  return true;
}();

}  // namespace

}  // namespace burrow::rt

namespace burrow::sys {

std::int64_t tgkill(std::int64_t thread, int) noexcept {
  rt::clockruns().set(1);
  model::raise(static_cast<std::size_t>(thread));
  return 0;
}

std::int64_t nanotime() noexcept {
  constexpr std::int64_t kLate = std::int64_t{1} << 40;
  if (rt::clockruns().get() == 0 || !model::flip()) return 0;
  rt::clockruns().set(0);
  return kLate;
}

}  // namespace burrow::sys
