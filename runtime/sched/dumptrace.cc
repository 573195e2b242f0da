// runtime/sched/dumptrace.cc - see dumptrace.h.
//
// A parked goroutine is walked on its own stack (ontop), guarded: it may hold
// frames that are not what the unwinder believes.
#include "runtime/sched/dumptrace.h"

#include <atomic>

#include "runtime/sched/dump.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/guard.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kPatience = 300'000'000;

// What a trace may take on the stack of the goroutine that it is of: 1.5 KiB,
// but for the first one of a process.
constexpr std::ptrdiff_t kTraceRoom = 3 << 10;
constexpr std::ptrdiff_t kGuardPage = 4 << 10;

std::atomic<tracerunning_fn> tracerunning{nullptr};
std::int64_t patience = kPatience;  // left in this dump

// The goroutine on whose stack a dump is. It may be interrupted there, and stay:
// its saved context is not there, then.
const g* visited = nullptr;

[[gnu::noinline]] void walk(void* arg) {
  constexpr int kFrames = 5;  // this one, guarded, takeontop and ontop's two
  auto* t = static_cast<trace*>(arg);
  t->n = capture_here(t->pcs, kMaxTrace + 1, kFrames);
}

// On another's stack, as called by ontop.
[[gnu::noinline]] void takeontop(void* arg) {
  if (!guarded(getm(), walk, arg)) static_cast<trace*>(arg)->n = 0;
}

bool ask(m* mp, trace& t) noexcept {
  const auto fn = tracerunning.load(acquire);
  if (fn == nullptr || patience <= 0) return false;
  const std::int64_t start = sys::nanotime();
  if (fn(mp, t.pcs, kMaxTrace + 1, t.n)) return true;
  patience -= sys::nanotime() - start;
  return false;
}

}  // namespace

void set_tracerunning(tracerunning_fn fn) noexcept {
  tracerunning.store(fn, release);
}

// Not inlined: it is the one frame that is left out.
[[gnu::noinline]] void takehere(trace& t) noexcept {
  t.n = capture_here(t.pcs, kMaxTrace + 1, 1);
}

const char* takeparked(g* here, g* gp, trace& t) noexcept {
  if (gp->ctx.sp == nullptr) return "not started";
  if (static_cast<char*>(gp->ctx.sp) - gp->stack.lo < kTraceRoom + kGuardPage)
    return "too little of its stack is left to walk it";
  if (gp == visited)
    return "its stack was in use by a dump that was interrupted";
  visited = gp;
  ontop(here, gp, takeontop, &t);
  visited = nullptr;
  return t.n > 0 ? nullptr : "its stack cannot be walked";
}

void askpatience() noexcept { patience = kPatience; }

bool askrunning(const g* gp, trace& t) noexcept {
  for (m* mp = sched.allm.load(acquire); mp != nullptr; mp = mp->alllink)
    if (mp->inuse == gp) return ask(mp, t);
  return false;
}

}  // namespace burrow::rt
