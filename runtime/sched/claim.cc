// runtime/sched/claim.cc - seizing the p of an m that is in user code.
//
// States of m::claim, and who moves it:
//
//   none --thief CAS--> asked --thief CAS--> stealing --thief--> none
//                         |                     |
//                         |                     +-----thief--> taken
//                         +--owner CAS--> none       (owner entered first)
//   taken --owner--> none    (on g0, or when it has acquired another p)
//
// Only one thief at a time can have a claim on an m, for it begins with a
// compare-and-swap from none. Each question carries a number (the bits above the
// state), so that nobody takes another's question, asked after the owner has
// answered his own, for his. The m of a p is looked up without a lock; ms are
// never freed, so a stale one is harmless: after `stealing` is reached the m
// cannot change its p any more, and only then is it checked that the p is the
// one that was wanted.
//
// Without the fence (BURROW_DEBUG=sigretake=1) the owner's own signal handler
// does the middle step: asked -> stealing if it finds the thread in user code,
// asked -> none if not (runtime/signal/askseize.cc). A system call that it
// interrupts is restarted or returns EINTR, which the fence never causes. Where
// the owner does not answer, the fence comes after all.

#include "runtime/sched/entry.h"
#include "runtime/sched/env.h"
#include "runtime/signal/ask.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {
// Numbers the questions; wraps after 2^30 of them, too late to matter. Not from 0:
// `stealing` with no number is the fence's, and no answer to who asks by signal.
std::atomic<std::uint32_t> claimseq{kClaimNumber};

// ask puts a new question to mp. Returns  its number, or 0: another thief has one.
std::uint32_t ask(m* mp) noexcept {
  std::uint32_t none = kClaimNone;
  const std::uint32_t asked =
      kClaimAsked | claimseq.fetch_add(kClaimNumber, relaxed);
  return mp->claim.compare_exchange_strong(none, asked, relaxed, relaxed)
             ? asked
             : 0;
}

// holds says whether mp, whose claim is ours (stealing), still has pp; if not,
// the claim is given up.
bool holds(m* mp, p* pp) noexcept {
  if (mp->pp.load(relaxed) == pp && pp->mp.load(relaxed) == mp) return true;
  mp->claim.store(kClaimNone, release);
  return false;
}

// Where the fence is not to be had at a price, or by choice.
bool seizebysignal() noexcept {
  return debugvar.sigretake.load(relaxed) ||
         sys::membarrier_kind() == sys::barrierkind::global;
}

}  // namespace

bool tryseize(p* pp) noexcept {
  m* mp = pp->mp.load(acquire);
  if (mp == nullptr || mp->inruntime.load(relaxed) != 0) return false;
  std::uint32_t asked = ask(mp);
  if (asked == 0) return false;
  if (seizebysignal()) {
    if (askseize(mp, asked)) return holds(mp, pp);
    // The answer is no; or there is none, as the signal is blocked, or the
    // program's own. The fence does without, at its price.
    if (mp->inruntime.load(relaxed) != 0) return false;
    asked = ask(mp);
    if (asked == 0) return false;
  }
  detail::asymmetric_heavy();  // [ASYM] pairs with enter
  std::uint32_t c = asked;
  // acquire: see what the owner wrote to its p before it left the runtime.
  if (mp->inruntime.load(acquire) != 0) {
    mp->claim.compare_exchange_strong(c, kClaimNone, relaxed, relaxed);
    return false;
  }
  if (!mp->claim.compare_exchange_strong(c, kClaimStealing, acquire, relaxed))
    return false;  // it entered, and withdrew our question
  return holds(mp, pp);
}

void releaseseized(p* pp) noexcept {
  // release: the owner's next enter sees what we did to its p.
  pp->mp.load(relaxed)->claim.store(kClaimNone, release);
}

void takeseized(p* pp) noexcept {
  m* mp = pp->mp.load(relaxed);
  pp->mp.store(nullptr, relaxed);
  mp->claim.store(kClaimTaken, release);
}

bool enterslow(m* mp) noexcept {
  for (;;) {
    std::uint32_t c = mp->claim.load(acquire);
    switch (c % kClaimNumber) {
      case kClaimNone:
        return true;
      case kClaimAsked:
        // We are in the runtime and say so: the p stays ours. The thief's
        // next step fails.
        if (!mp->claim.compare_exchange_strong(c, kClaimNone, acquire, relaxed))
          break;
        // Who asked had a reason: give way where that is possible.
        getp(mp)->attention.fetch_or(kAttnPreempt, relaxed);
        return true;
      case kClaimStealing:
        sys::procyield(10);
        if ((++mp->rand & 63) == 0) sys::osyield();
        break;
      default:  // kClaimTaken
        return false;
    }
  }
}

}  // namespace burrow::rt
