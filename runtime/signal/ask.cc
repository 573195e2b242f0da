// runtime/signal/ask.cc - asking a thread for its trace, and to stop; answering;
// see ask.h. What claim.cc asks is in askseize.cc.

#include "runtime/signal/ask.h"

#include "runtime/diag/traceback.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kPatience = 100'000'000;

enum question : std::uint32_t { kNothing, kTrace, kAnswering, kAnswered };

// One trace is asked for at a time; where it goes.
struct {
  rtmutex lock;
  std::atomic<m*> who{nullptr};
  std::atomic<std::uint32_t> state{kNothing};
  std::uintptr_t* pcs = nullptr;
  int max = 0;
  int n = 0;
} trace;

std::atomic<const m*> freezer{nullptr};

// freeze does not return: the process is about to end.
[[noreturn]] void freeze(m* mp, const void* ctxt) noexcept {
  std::uintptr_t pcs[kMaxTrace + 1];
  frozentrace t{pcs,
                capture_interrupted(sys::sigctxt_pc(ctxt), pcs, kMaxTrace + 1)};
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

}  // namespace

bool answer(m* mp, void* ctxt) noexcept {
  if (mp == nullptr) return false;
  if (const m* f = freezer.load(acquire); f != nullptr && f != mp)
    freeze(mp, ctxt);
  if (answerseize(mp)) return true;
  if (trace.who.load(acquire) != mp) return false;
  std::uint32_t s = kTrace;
  // acquire: the asker's buffer. From here on it waits for us.
  if (!trace.state.compare_exchange_strong(s, kAnswering, acquire, relaxed))
    return false;
  trace.n =
      ongoroutine(mp, sys::sigctxt_sp(ctxt))
          ? capture_interrupted(sys::sigctxt_pc(ctxt), trace.pcs, trace.max)
          : 0;
  trace.state.store(kAnswered, release);
  sys::futexwakeup(&trace.state, 1);
  return true;
}

bool asktrace(m* mp, std::uintptr_t* pcs, int max, int& n) noexcept {
  const lockguard hold(trace.lock);
  const std::int64_t tid = mp->tid.load(relaxed);
  n = 0;
  if (tid == 0) return false;
  trace.pcs = pcs;
  trace.max = max;
  trace.state.store(kTrace, relaxed);
  trace.who.store(mp, release);
  if (sys::tgkill(tid, kAskSignal) >= 0) {
    std::uint32_t s = kTrace;
    const std::int64_t until = sys::nanotime() + kPatience;
    while ((s = trace.state.load(acquire)) != kAnswered) {
      const std::int64_t left = until - sys::nanotime();
      if (left <= 0 && s == kTrace &&
          trace.state.compare_exchange_strong(s, kNothing, relaxed, relaxed))
        break;
      sys::futexsleep(&trace.state, s, left > 0 ? left : kPatience);
    }
    if (s == kAnswered) n = trace.n;
  }
  trace.who.store(nullptr, relaxed);
  return n > 0;
}

void freezeothers(const m* self) noexcept {
  static constinit m nobody;  // of a thread that has no m
  freezer.store(self != nullptr ? self : &nobody, release);
  for (m* x = sched.allm.load(acquire); x != nullptr; x = x->alllink)
    if (const std::int64_t tid = x->tid.load(relaxed); x != self && tid != 0)
      sys::tgkill(tid, kAskSignal);
  const std::int64_t start = sys::nanotime();
  while (!allfrozen(self) && sys::nanotime() - start < kPatience)
    sys::usleep(50);
}

}  // namespace burrow::rt
