// runtime/sched/owning.cc - how much may be some thread's own; and counters that were.

#include "runtime/sched/owning.h"

#include <atomic>
#include <cstdint>

#include "burrow/detail/ownedcount.h"
#include "runtime/sched/lock.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::uint32_t kTaken = 2000;  // a second
constexpr std::uint32_t kSettled = 50;
std::atomic<std::uint32_t> taken{kTaken};  // none before the first run

}  // namespace

// relaxed, all of them: the number stands alone.
bool mayown() noexcept {
  return taken.load(std::memory_order_relaxed) < kTaken;
}

bool settled() noexcept {
  return taken.load(std::memory_order_relaxed) < kSettled;
}

void disowned() noexcept { taken.fetch_add(1, std::memory_order_relaxed); }

// Where the fence takes milliseconds, it is not for the users' own steps.
void owningagain() noexcept {
  if (sys::membarrier_kind() == sys::barrierkind::expedited)
    taken.store(0, std::memory_order_relaxed);
}

}  // namespace burrow::rt

namespace burrow::detail {

std::uintptr_t ownedcount::firstowner() noexcept {
  return rt::mayown() ? self() : kShared;
}

std::int64_t ownedcount::number() const noexcept {
  const std::uintptr_t me = self();
  const std::uintptr_t o = owner_.load(std::memory_order_acquire);
  if (o == me)
    if (const std::int64_t n = sum(me); n != kAnothers) return n * kOne;
  if (o != kShared && o != me) return anothers(o);
  // acquire pairs with the release of the last that counted.
  const std::int64_t n = word_.load(std::memory_order_acquire);
  return (n & kOwned) != 0 ? kAnothers : n;  // disown is on its way
}

std::int64_t ownedcount::anothers(std::uintptr_t o) const noexcept {
  // acquire, all of own_ and word_: each is as new as what the other has counted (C6).
  const std::uint64_t before = own_.load(std::memory_order_acquire);
  const std::int64_t others = word_.load(std::memory_order_acquire);
  if ((others & kOwned) == 0 || countof(before) + (others >> 32) != 0)
    return kAnothers;
  if (own_.load(std::memory_order_acquire) != before ||
      owner_.load(std::memory_order_relaxed) != o)
    return kAnothers;
  // acquire: who ends the counter then comes after the owner's last store.
  for (std::uint32_t n = 0; inop_.load(std::memory_order_acquire) != 0; n++)
    rt::pace(n);
  return 0;
}

bool ownedcount::addcall(int n) noexcept {
  static_assert(!kSafepoints);
  return addown(n);
}

void ownedcount::disown() noexcept {
  const std::uintptr_t o = owner_.load(std::memory_order_relaxed);
  if (o == kShared) return;
  owner_.store(kShared, std::memory_order_relaxed);
  if (o != self()) {
    rt::disowned();
    asymmetric_heavy();  // pairs with addinop
    // acquire: what the owner has counted, and did before.
    for (std::uint32_t n = 0; inop_.load(std::memory_order_acquire) != 0; n++)
      rt::pace(n);
  }
  // release: who reads either as it is from now on reads owner_ so, too (sum).
  const std::int64_t own = countof(own_.load(std::memory_order_relaxed));
  own_.store(0, std::memory_order_release);
  word_.fetch_add(own * kOne - kOwned, std::memory_order_acq_rel);
}

bool ownedcount::restart(std::int64_t from) noexcept {
  const std::uintptr_t me = firstowner();
  // release: who sees the 0 sees what was done before.
  if (!word_.compare_exchange_strong(from, me != kShared ? kOwned : 0,
                                     std::memory_order_release,
                                     std::memory_order_relaxed))
    return false;
  owner_.store(me, std::memory_order_relaxed);
  return true;
}

}  // namespace burrow::detail
