// runtime/signal/crash.cc - the report of a signal that ends the process.
//
//   fatal error: stack overflow
//   [signal SIGSEGV: segmentation violation code=0x2 addr=0x7f.. pc=0x55..]
//
//   goroutine 7 [running]:
//   main::recurse(int)
//           /src/a.cc:42 +0x1d
//
//   rax    0x0
//   ...
//
// The heap may be broken, or locked by the very thread that faults, and so may
// anything else. So this thread writes only what needs neither: the first lines and
// the registers. The traces are left to child processes, copies of this one
// (isolate.h), which may fail or hang without harm:
//
//   the first    names, files and lines. It allocates, reads files, takes the
//                loader's lock
//   the second   if the first one fails: what is still missing, by the linker's
//                names, for which neither memory nor a lock is needed, but files
//   the third    if that one fails: module and offset
//
// Where no child can be made this thread does what the third one would. All other
// ms are stopped meanwhile, each in a handler, where it has noted its own trace.
//
// Rejected: the trace taken here and handed to the child. The unwinder, too, may
// fault or take a lock.

#include <algorithm>
#include <csignal>

#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/diag/symbolize.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/dump.h"
#include "runtime/sched/tls.h"
#include "runtime/signal/ask.h"
#include "runtime/signal/guard.h"
#include "runtime/signal/isolate.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr int kStderr = 2;

// How far a child came.
constexpr std::uint32_t kOwnTrace = 1, kAllTraces = 2;

struct report {
  const void* ctxt;
  const g* gp;  // the goroutine that was interrupted, or null
  tracelevel level;
  std::uint32_t printed = 0;  // already
  tracenames names = tracenames::symbols;
};

const g* goroutineof(const m* mp) noexcept {
  return mp != nullptr && mp->curg != &mp->g0 ? mp->curg : nullptr;
}

// What a frozen m has noted; see dump.h.
bool tracefrozen(m* mp, std::uintptr_t* pcs, int max, int& n) noexcept {
  const frozentrace* t = mp->frozen.load(acquire);
  if (t == nullptr) return false;
  n = t->n < max ? t->n : max;
  for (int i = 0; i < n; i++) pcs[i] = t->pcs[i];
  return true;
}

void printown(const report& r) noexcept {
  std::uintptr_t pcs[kMaxTrace + 1];
  const int n =
      trace_guarded(getm(), sys::sigctxt_pc(r.ctxt), pcs, kMaxTrace + 1);
  printer out(kStderr);
  print_trace(out, pcs, n, r.level);
  if (r.gp != nullptr) print_creator(out, identityof(r.gp).by);
}

// In a child. Faults must come to the handler, of which one may be the caller.
void printtraces(void* arg) noexcept {
  const auto& r = *static_cast<report*>(arg);
  sigfaultsonly(0);
  set_tracenames(r.names);
  if (r.names == tracenames::symbols) symbolize_isolated();
  if (r.printed < kOwnTrace) printown(r);
  isolate_reached(kOwnTrace);
  if (r.level >= tracelevel::all && r.printed < kAllTraces) {
    set_tracerunning(tracefrozen);
    dumpfrozen(kStderr);
  }
  isolate_reached(kAllTraces);
}

void reporttraces(report& r) noexcept {
  for (const auto names :
       {tracenames::symbols, tracenames::linker, tracenames::none}) {
    r.names = names;
    std::uint32_t reached = 0;
    const isolation how = isolate(printtraces, &r, reached);
    if (how == isolation::done) return;
    if (how == isolation::none) {
      set_tracenames(tracenames::none);
      sigfaultsonly(0);
      return printown(r);
    }
    r.printed = std::max(r.printed, reached);
    if (r.printed > 0 && names != tracenames::none)
      printer(kStderr).str("\nThe report was stuck. With less to say:\n");
  }
  if (r.printed == 0) printer(kStderr).str("\ttrace unavailable\n");
}

void printheader(const g* gp) noexcept {
  printer out(kStderr);
  out.str("\n");
  if (gp != nullptr)
    report_header(out, identityof(gp), "running");
  else
    out.str("no goroutine on this thread:\n");
}

void printregs(const void* ctxt) noexcept {
  sys::regvalue regs[sys::kMaxRegs];
  const int n = sys::sigctxt_regs(ctxt, regs);
  printer out(kStderr);
  out.str("\n");
  for (int i = 0; i < n; i++)
    out.str(regs[i].name).str("\t").hex(regs[i].value).str("\n");
}

void printoverflow(const g* gp) noexcept {
  printer(kStderr)
      .str("the stack of ")
      .udec(static_cast<std::uint64_t>(gp->stack.hi - gp->stack.lo))
      .str(
          " bytes is exhausted; options::stack_size, go_options::stack_size "
          "or BURROW_STACK_SIZE make it larger\n");
}

// How the process ends: as Go's does, but for abort(), whose callers expect to
// find its own mark (and a core).
[[noreturn]] void end(int sig) noexcept {
  if (sig == SIGABRT) diefromsignal(sig);
  exit_panic();
}

}  // namespace

void crash(const crashcause& why, int sig, void* info, void* ctxt) noexcept {
  m* mp = getm();
  const g* gp = goroutineof(mp);
  report r{ctxt, gp, tracelevel_now()};
  if (sig == SIGQUIT && r.level == tracelevel::single)
    r.level = tracelevel::all;
  begin_crash();
  if (mp != nullptr) mp->recover.store(nullptr, relaxed);
  freezeothers(mp);
  printer(kStderr).str(why.kind).str(": ").str(why.text).str("\n");
  if (!sys::siginfo_fromuser(info)) sys::sigctxt_unjump(ctxt);
  if (sys::siginfo_fromuser(info))
    printer(kStderr).str("PC=").hex(sys::sigctxt_pc(ctxt)).str("\n");
  else
    report_signal(kStderr, sig, sys::siginfo_code(info),
                  sys::siginfo_addr(info), sys::sigctxt_pc(ctxt));
  if (why.overflow) printoverflow(gp);
  if (r.level != tracelevel::none) {
    printheader(gp);
    reporttraces(r);
    printregs(ctxt);
  }
  end(sig);
}

}  // namespace burrow::rt
