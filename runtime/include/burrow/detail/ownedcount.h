// burrow/detail/ownedcount.h - a counter that costs the thread which has made it no
// locked instruction.
//
// Most wait groups are made, counted and waited for by goroutines of one thread: a
// child that nobody steals runs where it was started. A locked instruction waits for
// all stores before it: 7 ns alone, 13 ns where many stores come before, twice a
// child. So a counter has two parts, and its number is their sum: one that the thread
// which made it adds to with plain instructions, and one for all others.
//
// Protocol. owner_ is the number of the thread that made it, or kShared.
//   the owner     stores inop_ = 1, looks at owner_ again, adds to own_, stores
//                 inop_ = 0. Nothing comes in between that could switch goroutines
//   all others    add to word_, with a locked instruction
//   disown        under the lock of whom the counter belongs to: stores owner_ =
//                 kShared; if that is not the caller's own thread, passes a heavy fence
//                 and waits for inop_ = 0 [ASYM]: the owner either saw kShared, or is
//                 done. Then own_ belongs to the caller, who adds it to word_
//
// Invariants
//   C1 while word_ has kOwned, the number is own_ plus that of word_, and word_'s part
//      may be negative. Without, it is word_'s: own_ is 0.
//   C2 own_ never is negative: who would make it so, disowns first. So the owner alone
//      notices when it counts below 0; what others count too far is noticed by disown.
//   C3 owner_ and kOwned change under the lock, but that a fence may be between them:
//      first owner_ goes, then kOwned; first kOwned comes, then owner_.
//   C4 an owner that is not in disown does not touch the counter after inop_ = 0, nor
//      another after it has added to word_ without kOwned, or while nobody waits: it
//      may be gone then.
//   C5 who has seen that it is his, and has not stored inop_ = 0 yet, has something to
//      add. So the number does not come to 0, and nobody else becomes the owner, whose
//      inop_ = 1 would be lost. Who has nothing to add does not come here; who adds
//      from 0 beside a wait, though others may bring the counter to 0 before he has
//      added, breaks this, and the user's contract (wait_group::add).
//   C6 no value of own_ comes back while one owns it: it counts its adds, too. So who
//      reads it, word_, and it again as it was, has what both were at one time: what
//      has counted in word_ came from goroutines that own_ or word_ had counted before.
//      If that is 0 it stays 0 (C5); another thread than the owner then waits for
//      inop_ = 0 and may end the counter, without a fence (anothers).
//
// Disowning from another thread costs some 10 us, once; firstowner keeps count of that.
// A goroutine that another thread goes on with has such wait groups all along its stack,
// most of which are at 0.
//
// Rejected: to make the thread that adds first the owner. It would take a
// compare-and-swap, for two may be first; where it is made, there is one.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "burrow/detail/asym.h"
#include "burrow/detail/safepoints.h"
#include "burrow/detail/threadpointer.h"

namespace burrow::detail {

class ownedcount {
 public:
  // word: the number in the upper 32 bits. Bit 0 is the user's.
  static constexpr std::int64_t kOne = std::int64_t{1} << 32, kOwned = 2;

  constexpr ownedcount() noexcept {
    if (!std::is_constant_evaluated())
      begin();  // a global's is no thread's own
  }

  std::atomic<std::int64_t>& word() noexcept { return word_; }

  // addown adds n as the owner. False: the caller is not that, or is it no more, or
  // has to disown the counter for this; then it is to be added to word.
  [[gnu::always_inline]] bool addown(int n) noexcept {
    if (kSafepoints) return addcall(n);
    const std::uintptr_t me = self();
    return owner_.load(std::memory_order_relaxed) == me && addinop(n, me);
  }

  // mine says whether the caller's thread is the owner.
  bool mine() const noexcept {
    return owner_.load(std::memory_order_relaxed) == self();
  }

  // sumown is the number, if the caller is the owner; else less than any. Code with
  // safepoints is not: what it knows of its thread is out of date at the next of them.
  static constexpr std::int64_t kAnothers = INT64_MIN;
  [[gnu::always_inline]] std::int64_t sumown() const noexcept {
    if (kSafepoints) return kAnothers;
    const std::uintptr_t me = self();
    return owner_.load(std::memory_order_relaxed) == me ? sum(me) : kAnothers;
  }

  // number is as word, bit 0 included; or kAnothers if another thread owns the
  // counter.
  std::int64_t number() const noexcept;

  // disown makes all of it be in word. The lock is held.
  void disown() noexcept;

  // restart makes word 0, or the counter the caller's own, if word is `from`, which
  // has the number 0 and not kOwned; and says whether it was. The lock is held.
  bool restart(std::int64_t from) noexcept;

 private:
  static constexpr std::uintptr_t kShared = 0;
  // Before word_'s part leaves 32 bits, in a counter that is used for ever.
  static constexpr std::int64_t kFar = 1 << 30;

  // own_ is a number in its lower 32 bits; above, how often something was added.
  static constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;
  static constexpr std::int64_t countof(std::uint64_t own) noexcept {
    return static_cast<std::uint32_t>(own);
  }

  static std::uintptr_t self() noexcept {
    return reinterpret_cast<std::uintptr_t>(threadpointer());
  }

  // firstowner is the calling thread's number; kShared if counters shall not be
  // owned: the fence is too dear here, or too many have been disowned lately.
  static std::uintptr_t firstowner() noexcept;

  void begin() noexcept {
    const std::uintptr_t me = firstowner();
    owner_.store(me, std::memory_order_relaxed);
    word_.store(me != kShared ? kOwned : 0, std::memory_order_relaxed);
  }

  [[gnu::always_inline]] bool addinop(int n, std::uintptr_t me) noexcept {
    inop_.store(1, std::memory_order_relaxed);
    asymmetric_light();  // pairs with disown
    bool done = false;
    if (owner_.load(std::memory_order_relaxed) == me) {
      // acquire, release: among the goroutines of one thread these are for race
      // detectors alone, which do not know that it is one.
      const std::uint64_t v = own_.load(std::memory_order_acquire) +
                              static_cast<std::uint64_t>(n) +
                              (n > 0 ? kTurn : 0);
      done = countof(v) < kFar;
      if (done) own_.store(v, std::memory_order_release);
    }
    inop_.store(0, std::memory_order_release);  // pairs with disown
    return done;
  }
  bool addcall(int n) noexcept;  // addown, not inlined

  // sum is the number, if thread me, the caller's, is the owner; else kAnothers.
  [[gnu::always_inline]] std::int64_t sum(std::uintptr_t me) const noexcept {
    const std::uint64_t mine = own_.load(std::memory_order_acquire);
    // acquire: what the others did; and who reads what disown has added reads
    // owner_ as disown left it.
    const std::int64_t others = word_.load(std::memory_order_acquire);
    if (owner_.load(std::memory_order_relaxed) != me) return kAnothers;
    return countof(mine) + (others >> 32);
  }

  // anothers is the number while thread o, another, owns the counter, if that is 0 and
  // the owner has left it alone; else kAnothers.
  std::int64_t anothers(std::uintptr_t o) const noexcept;

  std::atomic<std::uintptr_t> owner_{kShared};
  std::atomic<std::uint64_t> own_{0};
  std::atomic<std::int64_t> word_{0};
  std::atomic<std::uint8_t> inop_{0};
};

}  // namespace burrow::detail
