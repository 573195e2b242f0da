// runtime/sched/entry.h - how a goroutine's code enters and leaves the runtime.
//
// Between enter and leave the m owns its p: nobody seizes it. Outside, in user
// code, another thread may (claim.cc). Every path that touches m or p goes
// through here, at the cost of one store, one load and one branch.
//
//   owner, enter                         other thread, claim.cc
//     inruntime = 1                        claim = asked
//     light fence             [ASYM]       heavy fence
//     claim != none? -> enterslow          inruntime == 0? -> claim = stealing
//
// The fence pair makes at least one of the two see the other's store. If the
// other thread sees 0, every later enter of the owner sees its claim, and the
// owner's earlier writes to its p, made before the release store in leave, are
// visible to it.
//
// An m whose p was taken stays so (kClaimTaken) until its goroutine parks,
// yields or spawns: only there may it wait for another p, for the caller of any
// other entry may hold an object's lock.
//
// enter and leave do not nest: what runs in between calls nothing public and no
// user code but a constructor that moves an element.
#pragma once

#include "burrow/detail/asym.h"
#include "runtime/sched/check.h"
#include "runtime/sched/runtime2.h"
#include "runtime/sched/tls.h"

namespace burrow::rt {

// enterslow answers a claim; false if the p is gone. Does not park.
bool enterslow(m* mp) noexcept;

// enter begins a stay in the runtime and says whether the m has its p.
//
// Context  g on an m (getm() not null), not in the runtime.
[[nodiscard]] inline bool enter(m* mp) noexcept {
  BURROW_DCHECK(mp->inruntime.load(relaxed) == 0);
  mp->inruntime.store(1, relaxed);
  detail::asymmetric_light();
  // acquire: if a claim came and went, its holder's writes to our p are ours
  // to see.
  if (mp->claim.load(acquire) != kClaimNone) [[unlikely]]
    return enterslow(mp);
  BURROW_DCHECK(mp->pp.load(relaxed)->mp.load(relaxed) == mp);
  return true;
}

inline void leave(m* mp) noexcept {
  BURROW_DCHECK(mp == getm() && mp->inruntime.load(relaxed) == 1);
  mp->inruntime.store(0, release);
}

// getp returns the p of an m that is in the runtime.
inline p* getp(const m* mp) noexcept { return mp->pp.load(relaxed); }

// seizure is exclusive access to a running p whose m is in user code.
//
// tryseize either fails (the m is in the runtime, or somebody else was first)
// or gives the caller the p's private fields until it calls
//   release   the m keeps the p; it was only held up if it wanted to enter, or
//   take      the p is the caller's; the m goes on without one.
// Between tryseize and these the caller must not block: the m may be spinning.
//
// Context  g0 or sysmon; costs a heavy fence.
bool tryseize(p* pp) noexcept;
void releaseseized(p* pp) noexcept;
void takeseized(p* pp) noexcept;

}  // namespace burrow::rt
