// tests/model/bias_programs.cc - threads that take a biasedlock, by its very code:
// from its owner, from one who is just becoming it, and when it is shared.
//
// The property: one at a time has it, what the one before has written is seen, and
// each gets it in the end.
//
// What is not the runtime's own source here: the slow path of spinlock, waiting, and
// how many times make an owner (two); who has been taken from is not counted.
#if defined(MODEL_BIASED)  // else there is no variant
#include <new>
#include <vector>

#include "tests/model/atomic.h"
#include "tests/model/variant.h"

namespace burrow::rt {
inline int here;
inline const int* getm() noexcept { return &here; }
}  // namespace burrow::rt
namespace burrow::detail {
namespace std = ::burrow::rt::std;
inline ::std::uintptr_t number(::std::size_t i) noexcept { return 16 + i; }
}  // namespace burrow::detail

// With all members public.
#include MODEL_SPINLOCK
#include MODEL_BIASED
#include MODEL_SLOW

namespace burrow::detail {

void spinlock::lock_slow() noexcept {
  for (;;) {
    if (word_.load(rt::relaxed) != 0) {
      model::spin();
      continue;
    }
    if (word_.exchange(1, rt::acquire) == 0) return;
  }
}

namespace {

enum reach : unsigned { kAsOwner, kByWord, kAfterOwner };

struct world {
  biasedlock lock;
  model::ghost user{0};
  model::ghost uses{0};
  model::location field{0};
};
alignas(world) unsigned char room[sizeof(world)];
world& theworld() { return *::std::launder(reinterpret_cast<world*>(room)); }

// Takes the lock, looks and writes, and unlocks, so many times.
void take(int times) {
  world& w = theworld();
  for (int i = 0; i < times; i++) {
    w.lock.lock();
    model::require(w.user.get() == 0, "two have the lock");
    w.user.set(1);
    model::require(w.field.plainload() == w.uses.get(),
                   "a stale read under the lock");
    w.field.plainstore(w.uses.get() + 1);
    w.uses.set(w.uses.get() + 1);
    w.user.set(0);
    w.lock.letgo();
    model::forget(static_cast<model::word>(i) + 1);
  }
  model::reached(kByWord);
}

model::word rest() {
  const biasedlock& l = theworld().lock;
  return l.times_ * 0x10001u + l.who_ * 257u + l.changes_;
}

template <int... Times>
model::scenario make(const char* name, bool young,
                     const char* memories = "tso weak") {
  return {name, memories, [young] {
            auto& w = *new (room) world;
            w.lock.word_.name("word");
            w.lock.own_.name("own");
            w.lock.owner_.name("owner");
            w.field.name("field");
            if (young) {
              w.lock.who_ = static_cast<::std::uint16_t>(number(0));
              w.lock.times_ = 1;
            } else {
              w.lock.owner_.init(number(0));
            }
            model::execution e;
            (e.threads.push_back([] { take(Times); }), ...);
            e.rest = rest;
            e.atend = [] {
              const world& end = theworld();
              model::require(end.uses.get() == (Times + ...),
                             "somebody has not had the lock");
              const auto o = end.lock.owner_.load(rt::relaxed);
              model::reached(o == number(0) ? kAsOwner : kAfterOwner);
            };
            return e;
          }};
}

::std::vector<model::scenario> scenarios() {
  return {
      make<3, 1>("an owner, and another once", false),
      make<2, 2>("an owner, and another twice", false),
      make<2, 1, 1>("an owner, and two others", false, "tso"),
      make<1, 1, 1>("an owner once, and two others", false),
      make<3, 1>("one becomes the owner, another comes", true),
      make<1, 1, 1>("one becomes the owner, two others come", true, "tso"),
  };
}

[[maybe_unused]] const bool registered = [] {
  model::variants().push_back({MODEL_VARIANT, MODEL_FOUND_IN, scenarios()});
  return true;
}();

}  // namespace

}  // namespace burrow::detail

#endif
