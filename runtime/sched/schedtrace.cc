// runtime/sched/schedtrace.cc - BURROW_DEBUG=schedtrace=MS: a line every MS
// milliseconds, in Go's format, so that tools which read Go's read this.
//
//   SCHED 1009ms: gomaxprocs=2 idleprocs=1 threads=3 spinningthreads=0
//     idlethreads=1 runqueue=0 [3 0]
//
// in one line; the numbers in brackets are the goroutines queued at each p.
// Behind them, which Go has not: "withoutp=1", the threads that run a goroutine
// which has lost its p, if there are any. With
// scheddetail=1, a line a p and a line an m follow.

#include "runtime/diag/print.h"
#include "runtime/sched/env.h"
#include "runtime/sched/sched.h"

namespace burrow::rt {

namespace {

std::uint32_t waiting(const p* pp) noexcept {
  return queued(pp) + (pp->runnext.load(relaxed) != nullptr ? 1 : 0);
}

const char* name(pstatus s) noexcept {
  constexpr const char* kNames[] = {"idle", "running", "stopped", "dead"};
  return kNames[static_cast<int>(s)];
}

int withoutp() noexcept {
  int n = 0;
  const lockguard hold(sched.lock);
  for (m* mp = sched.allm.load(acquire); mp != nullptr; mp = mp->alllink)
    if (mp->live && mp->claim.load(relaxed) == kClaimTaken) n++;
  return n;
}

void summary(printer& out, std::int64_t ms, int np) noexcept {
  out.str("SCHED ").dec(ms).str("ms: gomaxprocs=").dec(np);
  out.str(" idleprocs=").dec(sched.npidle.load(relaxed));
  {
    const lockguard hold(sched.lock);
    out.str(" threads=").dec(sched.mcount + (sched.sysmonstarted ? 1 : 0));
    out.str(" spinningthreads=").dec(sched.nmspinning.load(relaxed));
    out.str(" idlethreads=").dec(sched.nmidle);
    out.str(" runqueue=").dec(sched.runq.n);
  }
  for (int i = 0; i < np; i++)
    out.str(i == 0 ? " [" : " ").udec(waiting(allp[i]));
  out.str("]");
  if (const int n = withoutp(); n > 0) out.str(" withoutp=").dec(n);
  out.str("\n");
}

void detail(printer& out, int np) noexcept {
  for (int i = 0; i < np; i++) {
    const p* pp = allp[i];
    out.str("  P").dec(i).str(": status=").str(name(pp->status.load(relaxed)));
    out.str(" schedtick=").udec(pp->tick.load(relaxed));
    out.str(" runqsize=").udec(waiting(pp)).str("\n");
  }
  const lockguard hold(sched.lock);
  int id = 0;
  for (m* mp = sched.allm.load(acquire); mp != nullptr;
       mp = mp->alllink, id++) {
    if (!mp->live) continue;
    out.str("  M").dec(id).str(mp->ism0 ? " (m0)" : "");
    out.str(": idle=").dec(mp->idle).str(" inruntime=");
    out.udec(mp->inruntime.load(relaxed)).str(" claim=");
    out.udec(mp->claim.load(relaxed) % kClaimNumber).str("\n");
  }
}

}  // namespace

void schedtrace(std::int64_t now, std::int64_t ms) noexcept {
  static std::int64_t first = now;
  static std::int64_t next = 0;
  const int np = numprocs();
  if (now < next || np == 0) return;
  next = now + ms * 1'000'000;
  printer out(2);
  summary(out, (now - first) / 1'000'000, np);
  if (debugvar.scheddetail.load(relaxed)) detail(out, np);
}

}  // namespace burrow::rt
