// runtime/sched/tls_hosted.cc - tls.h by a table, from thread pointers to ms.
//
// For systems whose thread_local variables are made at their first use, by malloc:
// handlers ask for the m, too, on any thread, in the midst of malloc.
//
//   slot   0                 free
//          a thread pointer  taken: that thread's, from setm(mp) to setm(nullptr)
//
// Only a thread itself takes and frees its slot, and looks it up: nobody races for
// what is found, only for free slots. A slot lies at most `reach` behind where its
// thread pointer belongs, and reach never shrinks; so a look-up is over after that
// many slots, whether the thread is ours or not.
//
// Rejected: pthread_getspecific. OpenBSD's allocates.
#include "burrow/detail/threadpointer.h"
#include "runtime/sched/park.h"
#include "runtime/sched/runtime2.h"
#include "runtime/sched/tls.h"

namespace burrow::rt {

namespace {

constexpr int kBits = 15;
constexpr std::size_t kSlots = std::size_t{1} << kBits;

struct slot {
  std::atomic<std::uintptr_t> thread;
  m* mp;  // its thread's
};
constinit slot slots[kSlots] = {};
constinit std::atomic<std::size_t> reach{0};
constinit const std::uint32_t noyield = 0;

std::uintptr_t self() noexcept {
  return reinterpret_cast<std::uintptr_t>(detail::threadpointer());
}

// Thread pointers differ in their middle bits.
slot& slotof(std::uintptr_t thread, std::size_t behind) noexcept {
  const std::uint64_t mixed = thread * std::uint64_t{0x9E3779B97F4A7C15};
  return slots[((mixed >> (64 - kBits)) + behind) % kSlots];
}

slot* find(std::uintptr_t thread) noexcept {
  // Relaxed: this thread has raised it far enough, or is not there.
  const std::size_t most = reach.load(relaxed);
  for (std::size_t i = 0; i <= most; i++) {
    slot& s = slotof(thread, i);
    if (s.thread.load(relaxed) == thread) return &s;
  }
  return nullptr;
}

// Takes a slot for mp. A handler sees it whole or not at all: find does not reach
// what has no thread yet.
void take(std::uintptr_t thread, m* mp) noexcept {
  for (std::size_t i = 0; i < kSlots; i++) {
    slot& s = slotof(thread, i);
    std::uintptr_t none = 0;
    constexpr std::uintptr_t kTaken = 1;  // no thread's
    // acquire: the last owner's store to mp is before ours.
    if (!s.thread.compare_exchange_strong(none, kTaken, acquire, relaxed))
      continue;
    s.mp = mp;
    std::size_t most = reach.load(relaxed);
    while (most < i && !reach.compare_exchange_weak(most, i, relaxed)) {
    }
    std::atomic_signal_fence(release);  // mp before thread, for handlers
    s.thread.store(thread, relaxed);
    return;
  }
  fatal("too many threads: 32768 at once is the most here");
}

}  // namespace

// Not inlined, as all that reads the thread pointer.
[[gnu::noinline]] m* getm() noexcept {
  const slot* const s = find(self());
  return s != nullptr ? s->mp : nullptr;
}

[[gnu::noinline]] void setm(m* mp) noexcept {
  const std::uintptr_t thread = self();
  slot* const s = find(thread);
  if (mp == nullptr) {
    // Release: the next owner's store to mp comes after ours.
    if (s != nullptr) s->thread.store(0, release);
  } else if (s != nullptr) {
    s->mp = mp;
  } else {
    take(thread, mp);
  }
}

[[gnu::noinline]] const std::uint32_t* yieldflag() noexcept {
  const m* const mp = getm();
  return mp != nullptr ? &mp->yield : &noyield;
}

}  // namespace burrow::rt
