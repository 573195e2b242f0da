// runtime/signal/askseize.cc - seizing a p by a signal to its owner, in place of
// the fence (claim.cc).
//
//   thief    claim = asked    sigclaim = asked    tgkill    wait for the claim
//   owner's handler           sigclaim (acquire)            to be decided
//                             claim: asked -> stealing, or none
//
// The handler runs between two instructions of the owner, so it needs no fence to
// know whether the thread is in the runtime; the owner's next enter finds the
// claim as the handler left it.
//
// A signal may come late, and then finds nothing, or another thief's question in
// sigclaim, whom it answers, truly; or never, as it is blocked: thieves wait a
// bounded time. sigclaim may be overwritten by one who has been answered long ago;
// then the owner answers nobody and the thief gives up. Who decides is the
// compare-and-swap of the claim alone, by the number of the question.
//
// Model-checked (tests/model): it uses nothing but m, and the system's calls.
//
// Rejected: the question in the signal's value (sigqueue). A standard signal that
// is pending already takes no second value.

#include "runtime/sched/runtime2.h"
#include "runtime/signal/ask.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

// The answer to a question has its number, so that nobody takes another's for his.
constexpr std::uint32_t granted(std::uint32_t asked) noexcept {
  return asked - kClaimAsked + kClaimStealing;
}

}  // namespace

// On the owner's thread, so that what it wrote to its p before is published by
// the release, and what it does next comes after the handler.
bool answerseize(m* mp) noexcept {
  std::uint32_t asked = mp->sigclaim.load(acquire);
  if (asked == 0) return false;
  const bool user = mp->inruntime.load(relaxed) == 0;
  mp->claim.compare_exchange_strong(asked, user ? granted(asked) : kClaimNone,
                                    acq_rel, relaxed);
  return true;
}

bool askseize(m* mp, std::uint32_t asked) noexcept {
  constexpr std::int64_t kAtMost = 2'000'000;
  mp->sigclaim.store(asked, release);
  const std::int64_t start = sys::nanotime();
  std::uint32_t c = asked;
  if (sys::tgkill(mp->tid.load(relaxed), kAskSignal) >= 0)
    while ((c = mp->claim.load(acquire)) == asked &&
           sys::nanotime() - start < kAtMost)
      sys::usleep(5);
  std::uint32_t mine = asked;
  mp->sigclaim.compare_exchange_strong(mine, 0, relaxed, relaxed);
  // No answer: the signal is blocked, or the program's own. Unless it comes now.
  if (c == asked &&
      mp->claim.compare_exchange_strong(c, kClaimNone, acquire, acquire))
    return false;
  return c == granted(asked);
}

}  // namespace burrow::rt
