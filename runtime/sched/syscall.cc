// runtime/sched/syscall.cc - calls that may block the thread.
//
// A goroutine in user code may block its thread without a word: sysmon takes its
// p after a while (sysmon.cc). Between entersyscall and exitsyscall it says so,
// and the p is taken sooner: as soon as somebody waits for one, and at the latest
// after 10 ms. Taken or not, entering costs one store and leaving one store and
// one load: nothing else happens unless the p has gone.
//
//   m::syscalltick   even: not in such a call. Each call has a number of its own,
//                    so that sysmon can tell a long one from many short ones.
//                    Every begin makes it the next odd number, and an end even
//                    if it is odd: so it counts the calls (metrics.cc).
//   g::syscalls      how deep the goroutine is in: calls may nest, and what
//                    is called may park and go on on another m. That m's
//                    tick may be stale meanwhile; the next call mends it.
//
// entersyscallblock is for calls that are known to block: the p is handed on at
// once. Who comes back takes its old p if that is idle, else any idle one, else
// queues up.
//
// Rejected: a state of the p of its own (Go's _Psyscall, with a compare-and-swap
// each way). An m in user code can lose its p at any moment anyway (claim.cc).

#include "runtime/sched/syscall.h"

#include "runtime/sched/sched.h"

namespace burrow::rt {

namespace {

// Gives mp's own p away as a thief would have taken it. In the runtime, has it.
p* losep(m* mp) noexcept {
  p* pp = getp(mp);
  std::uint32_t none = kClaimNone;
  while (
      !mp->claim.compare_exchange_weak(none, kClaimTaken, acq_rel, relaxed)) {
    enterslow(mp);  // somebody asks for it: no
    none = kClaimNone;
  }
  pp->mp.store(nullptr, relaxed);
  return pp;
}

// begin returns the calling m, or null if there is nothing to do: not a thread of
// burrow's, or inside such a call already.
m* begin() noexcept {
  m* mp = getm();
  if (mp == nullptr || mp->curg->syscalls++ != 0) return nullptr;
  mp->syscalltick.store((mp->syscalltick.load(relaxed) + 1) | 1, relaxed);
  return mp;
}

}  // namespace

void entersyscall() noexcept { begin(); }

void entersyscallblock() noexcept {
  m* mp = begin();
  if (mp == nullptr) return;
  if (enter(mp)) {
    releasejoin(getp(mp), mp->curg);
    p* pp = losep(mp);
    pp->nhandoff.add();
    handoffp(pp);
  }
  leave(mp);
}

void exitsyscall() noexcept {
  m* mp = getm();
  if (mp == nullptr || --mp->curg->syscalls != 0) return;
  mp->syscalltick.store((mp->syscalltick.load(relaxed) + 1) & ~std::uint64_t{1},
                        relaxed);
  if (mp->claim.load(relaxed) != kClaimTaken) [[likely]]
    return;
  if (!enter(mp)) mp = reacquire(mp);
  leave(mp);
}

}  // namespace burrow::rt
