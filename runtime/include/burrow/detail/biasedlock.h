// burrow/detail/biasedlock.h - the lock of channels: a spinlock that costs the
// thread which alone uses it no locked instruction.
//
// Most channels are used by goroutines that run on one thread, for that is where they
// wake each other. A locked instruction takes 7 ns, of the 8 that a value's way into
// and out of a buffer takes. So a lock that one thread has taken 256 times in a row
// becomes that thread's own, until another wants it.
//
// Protocol. owner_ says how the lock is taken:
//   kYoung     by word_, and under it is counted who comes (lock_slow). The 256th time in
//              a row (where much was taken away lately, the 1024th) the holder may make
//              it its own: owner_ = its number; or, if its thread cannot own a lock,
//              kShared
//   a number   the thread's own pointer. It stores own_ = kTentative and then looks at
//              owner_ again; another who wants the lock stores owner_ = kRevoking,
//              passes a heavy fence and then looks at own_ [ASYM]. Either the owner
//              sees that it is revoked, takes kTentative back and goes the others' way;
//              or the other sees own_, and waits for kFree
//   kRevoking  it is being taken away; wait
//   kShared    by word_ alone, for ever: who had read an older owner_ and stores
//              kTentative now will look again and find this
//
// Invariants
//   B1 the lock is held by own_ (kHeld) or by word_ (1), never by both. By word_ only
//      who has seen owner_ to be kYoung or kShared while word_ was his.
//   B2 own_ is changed by the owner, or who was it and has not looked again, alone.
//      So who unlocks knows by own_ == kHeld which of the two he holds.
//   B3 from kShared there is no way back.
//
// Taking it away costs some 10 us, once, and is done 2,000 times a second at most
// (mayown).
//
// Rejected: one word for both, which the owner stores to without a locked instruction.
// An owner that has looked at owner_, and is then interrupted until all is over, would
// store into a lock that another holds, and could not tell what it has to undo.
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/detail/asym.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/threadpointer.h"

namespace burrow::detail {

class lockowner {
 public:
  static constexpr std::uintptr_t kNobody = 3;  // no thread's number

 protected:
  static constexpr std::uintptr_t kShared = 0, kYoung = 1, kRevoking = 2;
  std::atomic<std::uintptr_t> owner_{kYoung};
};

// owner_ comes first, so that who embeds the lock can use the bytes that are left
// (no_unique_address).
class biasedlock : private lockowner, public spinlock {
 public:
  using lockowner::kNobody;
  constexpr biasedlock() noexcept : spinlock(own::free) {}

  [[gnu::always_inline]] void lock() noexcept {
    const std::uintptr_t me = self();
    // acquire: with kShared, what the last owner did.
    const std::uintptr_t o = owner_.load(std::memory_order_acquire);
    if (o == me) {
      if (lockown(me)) return;
    } else if (o == kShared &&
               word_.exchange(1, std::memory_order_acquire) == 0) {
      return;
    }
    lock_slow(me);
  }

  [[gnu::always_inline]] void unlock() noexcept { letgo(); }

  bool try_lock() = delete;
  bool held() const = delete;

  // owned says that it is some thread's own; for tests.
  bool owned() const noexcept {
    return owner_.load(std::memory_order_relaxed) > kNobody;
  }

 private:
  // self is the calling thread's number, where a lock can be a thread's own.
  static std::uintptr_t self() noexcept {
#if defined(__linux__)
    return reinterpret_cast<std::uintptr_t>(threadpointer());
#else
    return kNobody;
#endif
  }

  // lockown takes the lock by own_; false: it is the caller's own no more.
  [[gnu::always_inline]] bool lockown(std::uintptr_t me) noexcept {
    own_.store(own::tentative, std::memory_order_relaxed);
    asymmetric_light();  // pairs with revoke
    if (owner_.load(std::memory_order_relaxed) == me) {
      own_.store(own::held, std::memory_order_relaxed);
      return true;
    }
    own_.store(own::free, std::memory_order_relaxed);
    return false;
  }

  void lock_slow(std::uintptr_t me) noexcept;
  void lock_slower(std::uintptr_t me) noexcept;
  bool lockyoung(std::uintptr_t me) noexcept;
  void count(std::uintptr_t me) noexcept;
  void revoke(std::uintptr_t owner) noexcept;

  // While kYoung, under word_.
  std::uint16_t times_ = 0;   // in a row that a thread has come
  std::uint16_t who_ = 0;     // part of its number
  std::uint8_t changes_ = 0;  // of the thread
};

}  // namespace burrow::detail
