// runtime/signal/ask.cc - asking a thread for its trace, and to stop; answering;
// see ask.h. What claim.cc asks is in askseize.cc.

#include "runtime/signal/ask.h"

#include <algorithm>

#include "burrow/detail/sanitizers.h"
#include "runtime/diag/traceback.h"
#include "runtime/signal/guard.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

#if defined(BURROW_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace burrow::rt {

namespace {

constexpr std::int64_t kPatience = 100'000'000;
// A processor that many share comes by late, and the process ends only once.
constexpr std::int64_t kFreezePatience = 1'000'000'000;

// A question for a trace: its number, times four, and how far it is. Then nobody
// who is late answers the next one, which may be another's.
enum question : std::uint32_t { kNothing, kAsked, kAnswering, kAnswered };
constexpr std::uint32_t kQuestion = 4;

// One trace is asked for at a time. It is written to memory of its own: the asker
// may have gone.
struct {
  rtmutex lock;
  std::atomic<std::uint32_t> state{kNothing};
  std::uintptr_t pcs[kMaxTrace + 1];
  int n = 0;
} trace;

std::atomic<const m*> freezer{nullptr};

// freeze does not return: the process is about to end.
[[noreturn]] void freeze(m* mp, const void* ctxt) noexcept {
  std::uintptr_t pcs[kMaxTrace + 1];
  frozentrace t{pcs,
                trace_guarded(mp, sys::sigctxt_pc(ctxt), pcs, kMaxTrace + 1)};
  mp->frozen.store(&t, release);
  for (std::atomic<std::uint32_t> never{0};;) sys::futexsleep(&never, 0, -1);
}

bool allfrozen(const m* self) noexcept {
  for (m* x = sched.allm.load(acquire); x != nullptr; x = x->alllink)
    if (x != self && x->tid.load(relaxed) != 0 &&
        x->frozen.load(acquire) == nullptr)
      return false;
  return true;
}

// Whether mp is on its goroutine's stack, and not about to leave it.
bool ongoroutine(const m* mp, std::uintptr_t sp) noexcept {
  const g* gp = mp->curg;
  return gp != &mp->g0 &&
         sp >= reinterpret_cast<std::uintptr_t>(gp->stack.lo) &&
         sp < reinterpret_cast<std::uintptr_t>(gp->stack.hi);
}

bool answertrace(m* mp, const void* ctxt) noexcept {
  const std::uint32_t x = mp->sigtrace.load(acquire);
  std::uint32_t s = x | kAsked;
  // acquire: the last asker has read the last trace.
  if (x == 0 ||
      !trace.state.compare_exchange_strong(s, x | kAnswering, acquire, relaxed))
    return false;
  trace.n =
      ongoroutine(mp, sys::sigctxt_sp(ctxt))
          ? trace_guarded(mp, sys::sigctxt_pc(ctxt), trace.pcs, kMaxTrace + 1)
          : 0;
#if defined(BURROW_TSAN)
  __tsan_release(&trace);  // it loses the next line's, in our handler
#endif
  trace.state.store(x | kAnswered, release);
  sys::futexwakeup(&trace.state, 1);
  return true;
}

// Whether the signal comes to us at all. A goroutine may block it for its thread
// all the same.
bool canask() noexcept {
  sys::sigdisp now;
  return sys::getsig(kAskSignal, &now) >= 0 && sys::disp_isours(now) &&
         !sigblockedinrun(kAskSignal);
}

// Waits for the answer to x, and once more as long for one that has begun.
bool awaittrace(std::uint32_t x) noexcept {
  const std::int64_t until = sys::nanotime() + kPatience;
  for (std::uint32_t s; (s = trace.state.load(acquire)) != (x | kAnswered);) {
    std::int64_t left = until - sys::nanotime();
    if (s == (x | kAsked) && left <= 0 &&
        trace.state.compare_exchange_strong(s, x | kNothing, relaxed, relaxed))
      return false;
    if (s == (x | kAnswering)) left += kPatience;
    if (s == (x | kAnswering) && left <= 0) return false;
    if (left > 0) sys::futexsleep(&trace.state, s, left);
  }
  return true;
}

}  // namespace

bool answer(m* mp, void* ctxt) noexcept {
  if (mp == nullptr) return false;
  if (const m* f = freezer.load(acquire); f != nullptr && f != mp)
    freeze(mp, ctxt);
  if (answerseize(mp)) return true;
  return answertrace(mp, ctxt);
}

bool asktrace(m* mp, std::uintptr_t* pcs, int max, int& n) noexcept {
  const lockguard hold(trace.lock);
  n = 0;
  const std::int64_t tid = mp->tid.load(relaxed);
  const std::uint32_t last = trace.state.load(acquire);
  // Somebody may still be answering whom nobody waits for any more.
  if (tid == 0 || last % kQuestion == kAnswering || !canask()) return false;
  std::uint32_t x = (last / kQuestion + 1) * kQuestion;
  if (x == 0) x = kQuestion;  // 0 is no question
  trace.state.store(x | kAsked, release);
  mp->sigtrace.store(x, release);
  const bool answered = sys::tgkill(tid, kAskSignal) >= 0 && awaittrace(x);
  mp->sigtrace.store(0, relaxed);
  if (!answered) return false;
#if defined(BURROW_TSAN)
  __tsan_acquire(&trace);
#endif
  n = std::min(trace.n, max);
  std::copy_n(trace.pcs, n, pcs);
  return n > 0;
}

void freezeothers(const m* self) noexcept {
  static constinit m nobody;  // of a thread that has no m
  // seq_cst, with the loads of tid: pairs with freezestarting.
  freezer.store(self != nullptr ? self : &nobody, seq_cst);
  if (!canask()) return;
  for (m* x = sched.allm.load(acquire); x != nullptr; x = x->alllink)
    if (const std::int64_t tid = x->tid.load(seq_cst); x != self && tid != 0)
      sys::tgkill(tid, kAskSignal);
  const std::int64_t start = sys::nanotime();
  while (!allfrozen(self) && sys::nanotime() - start < kFreezePatience)
    sys::usleep(50);
}

void freezestarting(std::int64_t tid) noexcept {
  // seq_cst, as the store of tid: either it was seen, or this is.
  if (freezer.load(seq_cst) != nullptr && canask())
    sys::tgkill(tid, kAskSignal);
}

}  // namespace burrow::rt
