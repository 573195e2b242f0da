// runtime/signal/guard.cc - see guard.h.
#include "runtime/signal/guard.h"

#include "asm/recover.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/runtime2.h"
#include "sys/sig.h"

namespace burrow::rt {

struct recoverypoint {
  burrow_recovery jump;
  recoverypoint* outer;
};

[[gnu::noinline]] bool guarded(m* mp, void (*fn)(void*), void* arg) noexcept {
  if (mp == nullptr) {
    fn(arg);
    return true;
  }
  recoverypoint here{{}, mp->recover.load(relaxed)};
  if (burrow_recoverable(&here.jump) != 0) return false;
  // Relaxed: this thread's handlers alone look at it, and fn cannot be inlined.
  mp->recover.store(&here, relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  fn(arg);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  mp->recover.store(here.outer, relaxed);
  return true;
}

[[gnu::noinline]] void recover(m* mp, const void* ctxt) noexcept {
  if (mp == nullptr) return;
  recoverypoint* const to = mp->recover.load(relaxed);
  if (to == nullptr) return;
  mp->recover.store(to->outer, relaxed);
  sys::sigprocmask(sys::sigctxt_mask(ctxt), nullptr);
  burrow_recover(&to->jump);
}

int trace_guarded(m* mp, std::uintptr_t pc, std::uintptr_t* pcs,
                  int max) noexcept {
  struct walk {
    std::uintptr_t pc;
    std::uintptr_t* pcs;
    int max;
    int n;
  } w{pc, pcs, max, 0};
  guarded(
      mp,
      [](void* arg) {
        auto* here = static_cast<walk*>(arg);
        capture_interrupted(here->pc, here->pcs, here->max, here->n);
      },
      &w);
  return w.n;
}

}  // namespace burrow::rt
