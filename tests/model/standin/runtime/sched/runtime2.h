// tests/model/standin/runtime/sched/runtime2.h - of m and p, what entry.h,
// claim.cc and askseize.cc touch; see atomic.h.
#pragma once

#include <cstdint>

#include "runtime/sched/claimstate.h"
#include "tests/model/atomic.h"
#include "tests/model/model.h"

namespace burrow::rt {

inline constexpr std::uint32_t kAttnPreempt = 16;

struct p;

// Its thread is in user code with a p, or in the runtime without.
struct m {
  explicit m(int id, p* own = nullptr)
      : inruntime(own == nullptr), pp(own), tid{id} {}

  std::atomic<std::uint32_t> inruntime;
  std::atomic<std::uint32_t> claim{kClaimNone};
  std::atomic<p*> pp;
  std::uint64_t rand = 0;

  struct {
    std::int64_t id;
    std::int64_t load(::std::memory_order) const noexcept { return id; }
  } tid;
  std::atomic<std::uint32_t> sigclaim{0};
};

struct p {
  static constexpr model::word kNobody = 99;

  p(m* who, model::word number) : mp(who), owner(number) {}

  std::atomic<std::uint32_t> attention{0};
  std::atomic<m*> mp;

  // The private fields: one of them stands for all.
  model::location field{0};
  model::ghost uses{0};        // what field has to be
  model::ghost user{kNobody};  // who is in it now
  model::ghost owner;          // whose it is
};

}  // namespace burrow::rt
