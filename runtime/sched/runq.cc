// runtime/sched/runq.cc - growing and clearing a run queue.

#include "runtime/sched/runq.h"

#include "runtime/sched/mem.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

namespace {
constexpr std::uint32_t kFirstCap = 512;
constexpr std::size_t bytes(std::uint32_t cap) { return cap * sizeof(g*); }
}  // namespace

void runq::grow() noexcept {
  const std::uint32_t ncap = cap_ == 0 ? kFirstCap : cap_ * 2;
  auto* nslot = static_cast<g**>(memreserve(bytes(ncap)));
  if (nslot == nullptr) rtthrow("runq: out of memory");
  const std::uint32_t h = head_.load(std::memory_order_relaxed);
  const std::uint32_t n = size();
  for (std::uint32_t i = h; i != h + n; i++)
    nslot[i & (ncap - 1)] = slot_[i & (cap_ - 1)];
  if (slot_ != nullptr) memfree(slot_, bytes(cap_));
  slot_ = nslot;
  cap_ = ncap;
}

void runq::clear() noexcept {
  head_.store(0, std::memory_order_relaxed);
  tail_.store(0, std::memory_order_relaxed);
  if (cap_ <= kFirstCap) return;
  memfree(slot_, bytes(cap_));
  slot_ = nullptr;
  cap_ = 0;
}

}  // namespace burrow::rt
