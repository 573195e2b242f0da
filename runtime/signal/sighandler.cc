// runtime/signal/sighandler.cc - the one handler: which way a signal goes.
//
// Context of everything here: a signal handler on any thread of the process,
// on the alternate stack where it has one, all signals but faults blocked.

#include <csignal>

#include "runtime/sched/tls.h"
#include "runtime/signal/ask.h"
#include "runtime/signal/guard.h"
#include "runtime/signal/isolate.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

bool isfunction(const sys::sigdisp& d) noexcept {
  return d.handler != sys::kSigdfl && d.handler != sys::kSigign;
}

// A write to a broken pipe ends a program that writes to its standard output or
// error, as those do which are run in pipelines; of others it only fails.
void onsigpipe(const void* info, const void* ctxt) noexcept {
  if (sys::siginfo_tothread(info)) return;
  const int fd = sys::sigctxt_writefd(ctxt);
  if (fd == 1 || fd == 2) diefromsignal(SIGPIPE);
}

// What the table says of a signal that nobody has asked for.
void bytable(int sig, std::uint16_t flags, void* info, void* ctxt) noexcept {
  const bool norun = sched.runid.load(acquire) == 0;
  if (sig == kAskSignal) return;
  if (norun || (flags & sys::kSigKill) != 0) return diefromsignal(sig);
  if (sig == SIGPIPE) return onsigpipe(info, ctxt);
  if ((flags & (sys::kSigThrow | sys::kSigPanic)) != 0)
    crash({sys::sigtab(sig).name, sys::sigtab(sig).text}, sig, info, ctxt);
}

}  // namespace

void sighandler(int sig, void* info, void* ctxt) noexcept {
  if (sig == kAskSignal && answer(getm(), ctxt)) return;
  const std::uint16_t flags = sys::sigtab(sig).flags;
  const bool fromuser = sys::siginfo_fromuser(info);
  if ((flags & sys::kSigPanic) != 0 && !fromuser) recover(getm(), ctxt);
  if (isolated() && (flags & (sys::kSigThrow | sys::kSigPanic)) != 0)
    sys::exitprocess(kIsolatedFault);
  if ((flags & sys::kSigPanic) != 0 && !fromuser)
    return onfault(sig, info, ctxt);
  const sys::sigdisp& previous = sigprevious(sig);
  // Sent to a thread of the program's own: for the handler that it made.
  if (getm() == nullptr && sys::siginfo_tothread(info) && isfunction(previous))
    return sys::disp_forward(previous, sig, info, ctxt);
  // Else it is the kernel's answer to what the thread did: nobody can go on.
  if (fromuser || (flags & sys::kSigNotify) != 0) {
    if (sigsend(sig) || sigsentignored(sig)) return;
  }
  if (isfunction(previous)) return sys::disp_forward(previous, sig, info, ctxt);
  if (previous.handler == sys::kSigign) return;
  bytable(sig, flags, info, ctxt);
}

void diefromsignal(int sig) noexcept {
  sys::setsig(sig, {}, nullptr);
  sys::sigprocmask(sys::getsigmask() & ~sys::sigbit(sig), nullptr);
  sys::raise(sig);
  sys::exitprocess(2);  // its default did not end the process
}

}  // namespace burrow::rt
