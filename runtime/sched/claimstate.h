// runtime/sched/claimstate.h - the states of m::claim; claim.cc moves them.
#pragma once

#include <cstdint>

namespace burrow::rt {

// claim: what another thread wants of an m's p. See claim.cc.
enum claimstate : std::uint32_t {
  kClaimNone,
  kClaimAsked,     // somebody waits to learn whether m is in the runtime
  kClaimStealing,  // the p's queues are being plundered; back to none soon
  kClaimTaken,     // the p is gone; m->p is stale
  kClaimNumber,    // a question's number is a multiple of this
};

}  // namespace burrow::rt
