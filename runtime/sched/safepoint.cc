// runtime/sched/safepoint.cc - switching a goroutine out that never calls the
// runtime, where its code is compiled for that.
//
// -fsanitize-coverage=trace-pc makes a compiler call __sanitizer_cov_trace_pc at
// every edge of the control flow. What that does is two loads and a compare: has
// sysmon raised this m's `yield` flag? If so, the goroutine yields: in its own
// context, as if its author had written yield() there. It does not
//   - on a thread that burrow did not make, or on g0: the flag looked at is one
//     that nobody raises, or the m is in the runtime
//   - where the runtime calls user code with a lock held, to move an element
//     (g::nosafepoint), or inside of a no_preempt
//   - in a signal handler on a stack of its own
//
// The flag is in the m, which is never freed, so that sysmon may raise it at any
// time. One that comes too late makes another goroutine yield once for nothing.
//
// Rejected: the flag in thread-local storage, one load less: the thread may have
// ended when sysmon writes to it.
//
// The runtime itself is never compiled so; of its public headers, what holds a
// lock calls the library instead (BURROW_SAFEPOINTS, detail/chan_inl.h).

#include "burrow/preempt.h"
#include "runtime/sched/park.h"
#include "runtime/sched/sched.h"

namespace burrow::rt {

namespace {

// Whether this is gp's own stack, not that of a signal handler.
bool onstackof(const g* gp) noexcept {
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  return here >= gp->stack.lo && here < gp->stack.hi;
}

}  // namespace

void askyield(m* mp) noexcept {
  __atomic_store_n(&mp->yield, 1, __ATOMIC_RELAXED);
}

__attribute__((noinline)) void safepoint() noexcept {
  m* mp = getm();
  if (mp == nullptr || mp->inruntime.load(relaxed) != 0) return;
  const g* gp = mp->curg;
  if (gp->nosafepoint != 0 || !onstackof(gp)) return;
  __atomic_store_n(&mp->yield, 0, __ATOMIC_RELAXED);
  if (enter(mp)) getp(mp)->npreempt.add();
  leave(mp);
  goyield();
}

}  // namespace burrow::rt

namespace burrow {

no_preempt::no_preempt() noexcept : gp_(rt::getg()) { gp_->nosafepoint++; }

no_preempt::~no_preempt() { gp_->nosafepoint--; }

}  // namespace burrow

// weak: a program may have one of its own, a fuzzer's. It calls nothing inline
// of the standard library, whose copy could be one with safepoints.
//
// Context  any thread, user code.
extern "C" __attribute__((weak, visibility("default"))) void
__sanitizer_cov_trace_pc() {
  if (__atomic_load_n(burrow::rt::yieldflag(), __ATOMIC_RELAXED) != 0)
      [[unlikely]]
    burrow::rt::safepoint();
}
