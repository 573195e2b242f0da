// runtime/sched/lock_biased.cc - the slow path of biasedlock: while it is young, and
// when it is taken away from its owner. The protocol is in the header.

#include "burrow/detail/biasedlock.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/owning.h"
#include "runtime/sched/tls.h"
#include "sys/os.h"

namespace burrow::detail {

namespace {

// Times in a row: 2 us of locked ones, or 7 where much has been taken away again.
constexpr std::uint16_t kEnough = 256, kEnoughLater = 1024;
constexpr std::uint8_t kChanges = 32;  // then it is shared

std::uint16_t partof(std::uintptr_t me) noexcept {
  return static_cast<std::uint16_t>(me >> 6 ^ me >> 22);
}

// A thread that burrow did not make may outlive all runs. Where the fence takes
// milliseconds, it is not for the users' own steps.
bool canown(std::uintptr_t me) noexcept {
  return me != biasedlock::kNobody && rt::getm() != nullptr &&
         sys::membarrier_kind() == sys::barrierkind::expedited;
}

}  // namespace

// count notes that thread me has the lock, by word_, while it is young.
//
// Context  any; it is held.
void biasedlock::count(std::uintptr_t me) noexcept {
  const std::uint16_t who = partof(me);
  if (who != who_) {
    who_ = who;
    times_ = 0;
    if (++changes_ >= kChanges)
      return owner_.store(kShared, std::memory_order_release);
  }
  if (++times_ < kEnough || (times_ < kEnoughLater && !rt::settled())) return;
  times_ = 0;
  const bool can = canown(me);
  if (can && !rt::mayown()) return;
  // Whoever finds word_ free from now on reads this, too, and leaves it (lockyoung).
  owner_.store(can ? me : kShared, std::memory_order_release);
}

// lockyoung locks by word_; false: it is not young any more, and not locked.
bool biasedlock::lockyoung(std::uintptr_t me) noexcept {
  spinlock::lock();
  // relaxed: who changed it had word_ before.
  if (owner_.load(std::memory_order_relaxed) != kYoung) {
    spinlock::unlock();
    return false;
  }
  count(me);
  return true;
}

// revoke makes the lock that was owner's a shared one.
void biasedlock::revoke(std::uintptr_t owner) noexcept {
  if (!owner_.compare_exchange_strong(owner, kRevoking,
                                      std::memory_order_relaxed,
                                      std::memory_order_relaxed))
    return;
  rt::disowned();
  asymmetric_heavy();  // pairs with lockown
  // acquire: what the owner did while it had the lock is seen; and by all others, by
  // the release below.
  for (std::uint32_t n = 0; own_.load(std::memory_order_acquire) != own::free;
       n++)
    rt::pace(n);
  owner_.store(kShared, std::memory_order_release);
}

// What a young lock that is free costs is here, with no register to save.
void biasedlock::lock_slow(std::uintptr_t me) noexcept {
  if (owner_.load(std::memory_order_acquire) == kYoung &&
      word_.exchange(1, std::memory_order_acquire) == 0) {
    // relaxed: as in lockyoung.
    if (owner_.load(std::memory_order_relaxed) == kYoung) [[likely]] {
      if (partof(me) != who_ || times_ + 1 >= kEnough) [[unlikely]]
        return count(me);
      times_++;
      return;
    }
    spinlock::unlock();
  }
  lock_slower(me);
}

[[gnu::noinline]] void biasedlock::lock_slower(std::uintptr_t me) noexcept {
  for (std::uint32_t n = 0;;) {
    const std::uintptr_t o = owner_.load(std::memory_order_acquire);
    if (o == kShared) return spinlock::lock();
    if (o == kYoung) {
      if (lockyoung(me)) return;
    } else if (o == kRevoking) {
      rt::pace(n++);
    } else {
      revoke(o);
    }
  }
}

}  // namespace burrow::detail
