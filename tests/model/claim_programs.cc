// tests/model/claim_programs.cc - small programs that enter the runtime, and
// seize ps from each other, by the very code of entry.h and claim.cc.
//
// There are two ps, a and b, and an m for each thread. Thread 0 begins with a;
// b is idle. What one does with a p that one has seized or entered with is
// use(): that nobody else does so meanwhile, and that what all others wrote
// before is seen, is the property. Compiled for each variant (variant.h) with
// -Dburrow=burrow_VARIANT, so that all fit into one program.
#include MODEL_ENTRY
#include MODEL_CLAIM

#include <new>

#include "tests/model/variant.h"

namespace burrow::rt {

namespace {

constexpr int kThreads = 3;

// m0 has a and is in user code; b is idle; the others' ms are in the runtime,
// without a p.
struct world {
  m ms[kThreads] = {m(&a), m(), m()};
  p a{&ms[0], 0};
  p b{nullptr, p::kNobody};
  // The idle list, a place for each p. An exchange stands for the lock.
  std::atomic<p*> idle[2] = {nullptr, &b};
};

// At one address in every execution, for pointers are part of a state.
alignas(world) unsigned char room[sizeof(world)];
world& theworld() { return *std::launder(reinterpret_cast<world*>(room)); }

int indexof(const m* mp) { return static_cast<int>(mp - theworld().ms); }

// enteruse and leaveuse are the ends of a stay in a p.
void enteruse(p& pp, int me) {
  model::require(pp.user.get() == p::kNobody, "two threads are in one p");
  pp.user.set(static_cast<model::word>(me));
}

void touch(p& pp) {
  model::require(pp.field.plainload() == pp.uses.get(),
                 "a stale read of a p's private field");
  pp.field.plainstore(pp.uses.get() + 1);
  pp.uses.set(pp.uses.get() + 1);
}

void use(p& pp, int me) {
  enteruse(pp, me);
  touch(pp);
  pp.user.set(p::kNobody);
}

// acquirep, as in wake.cc.
void acquirep(m* mp, p* pp) {
  model::require(pp->owner.get() == p::kNobody, "a p with two owners");
  pp->owner.set(static_cast<model::word>(indexof(mp)));
  mp->pp.store(pp, relaxed);
  pp->mp.store(mp, release);
}

// regain is reacquire (proc.cc): the m has lost its p and takes an idle one.
bool regain(m* mp) {
  p* pp = nullptr;
  for (auto& place : theworld().idle)
    if (pp == nullptr) pp = place.exchange(nullptr, acq_rel);
  mp->pp.store(nullptr, relaxed);
  mp->claim.store(kClaimNone, relaxed);
  if (pp == nullptr) return false;
  acquirep(mp, pp);
  return true;
}

void putidle(p* pp) {
  world& w = theworld();
  w.idle[pp == &w.a ? 0 : 1].store(pp, release);
}

// own: enter, use the p, leave, run user code; and so on. An m that cannot have
// a p again parks.
void own(int me, int rounds) {
  m* mp = &theworld().ms[me];
  for (int i = 0; i < rounds; i++) {
    if (!enter(mp) && !regain(mp)) return;
    p* pp = getp(mp);
    model::require(pp->owner.get() == static_cast<model::word>(me),
                   "an owner enters a p that is not its own");
#if defined(MODEL_LEAVE_EARLY)
    enteruse(*pp, me);
    leave(mp);
    touch(*pp);
    pp->user.set(p::kNobody);
#else
    use(*pp, me);
    leave(mp);
#endif
  }
}

// plunder is what findrunnable does with a victim.
void plunder(int me, p* pp) {
  if (!tryseize(pp)) return;
  use(*pp, me);
  releaseseized(pp);
}

// Takes pp from its owner, as retake and stop-the-world do.
bool take(p* pp) {
  if (!tryseize(pp)) return false;
  pp->owner.set(p::kNobody);
  takeseized(pp);
  return true;
}

void taketoidle(int me, p* pp) {
  if (!take(pp)) return;
  use(*pp, me);
  putidle(pp);
}

// Takes pp, goes on as its owner in the runtime, and leaves for user code.
void taketoown(int me, p* pp) {
  if (!take(pp)) return;
  m* mp = &theworld().ms[me];
  acquirep(mp, pp);
  use(*pp, me);
  leave(mp);
}

// When all have ended, a p is idle, or some m has it and has not lost it.
void everyphasitsplace() {
  world& w = theworld();
  for (p* pp : {&w.a, &w.b}) {
    int places = w.idle[pp == &w.a ? 0 : 1].load(relaxed) == pp ? 1 : 0;
    for (m& x : w.ms)
      if (x.pp.load(relaxed) == pp && x.claim.load(relaxed) == kClaimNone &&
          pp->mp.load(relaxed) == &x)
        places++;
    model::require(places == 1, "a p is lost, or is in two places");
  }
  for (m& x : w.ms) {
    const std::uint32_t c = x.claim.load(relaxed) % kClaimNumber;
    model::require(c == kClaimNone || c == kClaimTaken,
                   "a question is left unanswered");
  }
}

void names(const world& w) {
  static constexpr const char* kNames[kThreads][3] = {
      {"m0.inruntime", "m0.claim", "m0.pp"},
      {"m1.inruntime", "m1.claim", "m1.pp"},
      {"m2.inruntime", "m2.claim", "m2.pp"}};
  for (int i = 0; i < kThreads; i++) {
    w.ms[i].inruntime.name(kNames[i][0]);
    w.ms[i].claim.name(kNames[i][1]);
    w.ms[i].pp.name(kNames[i][2]);
  }
  w.a.mp.name("a.mp");
  w.b.mp.name("b.mp");
  w.a.field.name("a.field");
  w.b.field.name("b.field");
  w.idle[0].name("idle a");
  w.idle[1].name("idle b");
}

using body = void (*)();

model::scenario make(const char* name, std::vector<body> threads,
                     const char* memories = "tso weak") {
  return {name, memories, [threads] {
            names(*new (room) world);
            model::execution e;
            e.threads.assign(threads.begin(), threads.end());
            e.atend = everyphasitsplace;
            return e;
          }};
}

std::vector<model::scenario> scenarios() {
  return {
      make("plunder twice", {[] { own(0, 3); },
                             [] {
                               plunder(1, &theworld().a);
                               plunder(1, &theworld().a);
                             }}),
      make("take, and perhaps get the same again", {[] { own(0, 3); },
                                                    [] {
                                                      taketoidle(1,
                                                                 &theworld().a);
                                                      plunder(1, &theworld().a);
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
