// runtime/sched/pick.h - the next goroutine for a direct switch, inlined where one
// parks, yields or ends. In which order is said in schedule.cc.
#pragma once

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "sys/os.h"

namespace burrow::rt {

// timetolook says that pp has timers, and has not looked at them for some us: 64
// switches may be long, where goroutines compute before they switch.
inline bool timetolook(const p* pp) noexcept {
  return pp->ts.minwhen() != 0 &&
         sys::cputicks() - pp->looked >= sys::ticks16us();
}

// fetchahead brings what the next ones of a long queue will need into the cache,
// where the processor could not guess it: a g, and the stack that it points to. A
// prefetch waits until the processor knows where its page is. With more stacks than it
// keeps in mind, that is a walk through cold tables: four at a time take as long as one.
inline void fetchahead(const runq& q) noexcept {
  constexpr std::uint32_t kG = 8, kStack = 3, kPages = 4, kManyPages = 1024;
  const std::uint32_t n = q.size();
  if (n <= kG) return;
  __builtin_prefetch(q.peek(kG));
  const g* gp = q.peek(kStack);
  fetchstack(gp);
  if (n <= kManyPages) return;
  const char* ctx = static_cast<const char*>(gp->ctx.sp);
  __builtin_prefetch(ctx + 192);
  __builtin_prefetch(ctx + 256);
  if (q.taken() % kPages != 0) return;
  for (std::uint32_t i = kStack + 1; i < kStack + 1 + kPages; i++)
    __builtin_prefetch(q.peek(i)->ctx.sp);
}

// fetchserver is fetchahead for gp, which is next but one, if it has waited for a
// descriptor: its whole stack, if that is small, else the two ends, and what the call
// that it is in works on. There is time for that: a system call or two.
[[gnu::noinline]] inline void fetchserver(const g* gp) noexcept {
  constexpr std::ptrdiff_t kLine = kCacheLine, kSmall = 32 * kLine;
  constexpr std::ptrdiff_t kLow = 10 * kLine, kHigh = 4 * kLine;
  asm volatile("");  // calls of what only fetches are left out else
  const char* sp = static_cast<const char*>(gp->ctx.sp);
  if (sp == nullptr || gp->why != waitreason::io_wait) return;
  const char* hi = gp->stack.hi - stackcolour(gp->stack);
  const bool small = hi - sp <= kSmall;
  const char* end = small ? hi : sp + kLow;
  for (const char* at = sp; at < end; at += kLine) __builtin_prefetch(at);
  if (!small)
    for (const char* at = hi - kHigh; at < hi; at += kLine)
      __builtin_prefetch(at);
  if (const sudog* sd = gp->waiting; sd != nullptr)
    __builtin_prefetch(sd->elem);
}

// Behind gp, which has waited for a descriptor; where so many are watched that none finds
// its own in the cache.
inline void fetchnextserver(const g* gp, const runq& q) noexcept {
  constexpr std::int32_t kMany = 256;
  if (gp->why != waitreason::io_wait || q.empty()) [[likely]]
    return;
  if (npolled.load(relaxed) > kMany) fetchserver(q.peek(0));
}

// The usual order.
inline g* newest(p* pp) noexcept {
  if (g* gp = pp->runnext.load(relaxed); gp != nullptr) {
    pp->runnext.store(nullptr, relaxed);
    return gp;
  }
  if (!pp->lifo.empty()) return pp->lifo.popback();
  if (pp->fifo.empty()) return nullptr;
  g* gp = pp->fifo.popfront();
  fetchahead(pp->fifo);
  fetchnextserver(gp, pp->fifo);
  return gp;
}

// picknext takes the next g for a direct switch; null: g0 has to decide.
// In the runtime with a p.
[[gnu::always_inline]] inline g* picknext(m* mp) noexcept {
  p* pp = getp(mp);
  BURROW_DCHECK(pp->mp.load(relaxed) == mp);
  const std::uint64_t t = pp->tick.load(relaxed) + 1;
  pp->tick.store(t, relaxed);
  if (t % kG0Tick == 0 || pp->attention.load(relaxed) != 0) return nullptr;
  if (timetolook(pp)) return nullptr;
  g* gp = t % kFifoTick != 0 ? newest(pp) : localnext(pp);
  if (gp != nullptr && (gp->flags & (kGLocked | kGProbed)) != 0) [[unlikely]] {
    mp->picked = gp;
    return nullptr;
  }
  return gp;
}

// unjoin ends what gp, kGJoined, owes its outer (join.cc), and returns that: runnable,
// the caller's. Owns the p on which gp runs.
inline g* unjoin(g* gp) noexcept {
  g* outer = gp->outer;
  gp->flags &= static_cast<std::uint8_t>(~kGJoined);
  outer->status.store(gstatus::runnable, relaxed);
  return outer;
}

}  // namespace burrow::rt
