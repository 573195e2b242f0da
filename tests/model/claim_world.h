// tests/model/claim_world.h - ms and ps, and what a thread does with them through
// the very code of entry.h and claim.cc, by the macros that name a variant's.
//
// There are two ps, a and b, and an m for each thread. Thread 0 begins with a;
// b is idle. What one does with a p that one has seized or entered with is
// use(): that nobody else does so meanwhile, and that what all others wrote
// before is seen, is the property. Compiled for each variant (variant.h) with
// -Dburrow=burrow_VARIANT, so that all fit into one program.
#pragma once

#if defined(MODEL_ENTRY)  // else there is no variant
#include MODEL_ENTRY
#include MODEL_CLAIM

#include <new>
#include <vector>

#include "tests/model/variant.h"

namespace burrow::rt {

inline constexpr int kThreads = 3;

// m0 has a and is in user code; b is idle; the others' ms are in the runtime,
// without a p.
struct world {
  m ms[kThreads] = {m(0, &a), m(1), m(2)};
  p a{&ms[0], 0};
  p b{nullptr, p::kNobody};
  // The idle list, a place for each p. An exchange stands for the lock.
  std::atomic<p*> idle[2] = {nullptr, &b};
};

// At one address in every execution, for pointers are part of a state.
alignas(world) inline unsigned char room[sizeof(world)];
inline world& theworld() {
  return *std::launder(reinterpret_cast<world*>(room));
}

inline int indexof(const m* mp) { return static_cast<int>(mp - theworld().ms); }

// enteruse begins a stay in a p.
inline void enteruse(p& pp, int me) {
  model::require(pp.user.get() == p::kNobody, "two threads are in one p");
  pp.user.set(static_cast<model::word>(me));
}

inline void touch(p& pp) {
  model::require(pp.field.plainload() == pp.uses.get(),
                 "a stale read of a p's private field");
  pp.field.plainstore(pp.uses.get() + 1);
  pp.uses.set(pp.uses.get() + 1);
}

inline void use(p& pp, int me) {
  enteruse(pp, me);
  touch(pp);
  pp.user.set(p::kNobody);
}

// acquirep, as in idlelist.cc.
inline void acquirep(m* mp, p* pp) {
  model::require(pp->owner.get() == p::kNobody, "a p with two owners");
  pp->owner.set(static_cast<model::word>(indexof(mp)));
  mp->pp.store(pp, relaxed);
  pp->mp.store(mp, release);
}

// regain is reacquire (proc.cc): the m has lost its p and takes an idle one.
inline bool regain(m* mp) {
  p* pp = nullptr;
  for (auto& place : theworld().idle)
    if (pp == nullptr) pp = place.exchange(nullptr, acq_rel);
  mp->pp.store(nullptr, relaxed);
  mp->claim.store(kClaimNone, relaxed);
  if (pp == nullptr) return false;
  acquirep(mp, pp);
  return true;
}

inline void putidle(p* pp) {
  world& w = theworld();
  w.idle[pp == &w.a ? 0 : 1].store(pp, release);
}

// own: enter, use the p, leave, run user code; and so on. An m that cannot have
// a p again parks.
inline void own(int me, int rounds) {
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
    model::forget(static_cast<model::word>(i) + 1);
  }
}

// What the checker has to have seen somewhere, or it has looked at nothing.
enum reach : unsigned {
  kSeized,      // a p was seized
  kRefused,     // ... and was not, though it was asked for
  kAnswered,    // a handler found a question
  kNoQuestion,  // ... and came too late for it
};

inline bool seize(p* pp) {
  const bool got = tryseize(pp);
  model::reached(got ? kSeized : kRefused);
  if (!got) return false;
  model::forget(model::place() + 16);
  model::require(pp->owner.get() != p::kNobody, "a p without an m is seized");
  return true;
}

// plunder is what findrunnable does with a victim.
inline void plunder(int me, p* pp) {
  if (!seize(pp)) return;
  use(*pp, me);
  releaseseized(pp);
}

// One after the other; when one is over, what it has read is forgotten.
inline void twice(void (*first)(), void (*second)()) {
  first();
  model::forget(1);
  second();
}

// Takes pp from its owner, as retake and stop-the-world do.
inline bool take(p* pp) {
  if (!seize(pp)) return false;
  pp->owner.set(p::kNobody);
  takeseized(pp);
  return true;
}

inline void taketoidle(int me, p* pp) {
  if (!take(pp)) return;
  use(*pp, me);
  putidle(pp);
}

// Takes pp, goes on as its owner in the runtime, and leaves for user code.
inline void taketoown(int me, p* pp) {
  if (!take(pp)) return;
  m* mp = &theworld().ms[me];
  acquirep(mp, pp);
  use(*pp, me);
  leave(mp);
}

// When all have ended, a p is idle, or some m has it and has not lost it.
inline void everyphasitsplace() {
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
    model::require(x.sigclaim.load(relaxed) == 0, "a question is left over");
  }
}

inline void names(const world& w) {
  static constexpr const char* kNames[kThreads][4] = {
      {"m0.inruntime", "m0.claim", "m0.pp", "m0.sigclaim"},
      {"m1.inruntime", "m1.claim", "m1.pp", "m1.sigclaim"},
      {"m2.inruntime", "m2.claim", "m2.pp", "m2.sigclaim"}};
  for (int i = 0; i < kThreads; i++) {
    w.ms[i].inruntime.name(kNames[i][0]);
    w.ms[i].claim.name(kNames[i][1]);
    w.ms[i].pp.name(kNames[i][2]);
    w.ms[i].sigclaim.name(kNames[i][3]);
  }
  w.a.mp.name("a.mp");
  w.b.mp.name("b.mp");
  w.a.field.name("a.field");
  w.b.field.name("b.field");
  w.idle[0].name("idle a");
  w.idle[1].name("idle b");
}

using body = void (*)();

inline model::scenario make(const char* name, std::vector<body> threads,
                            const char* memories = "tso weak",
                            void (*handlers)(model::execution&) = nullptr) {
  return {name, memories, [threads, handlers] {
            names(*new (room) world);
            model::execution e;
            e.threads.assign(threads.begin(), threads.end());
            e.atend = everyphasitsplace;
            if (handlers != nullptr) handlers(e);
            return e;
          }};
}

}  // namespace burrow::rt

#endif
