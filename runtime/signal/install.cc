// runtime/signal/install.cc - what the process does with each signal.
//
// A disposition is the process's, so it is changed as little as can be:
//
//   at the start of a run    ours where the default would end a program that Go
//                            lets live, or where a report is owed (faults,
//                            SIGQUIT); what is ignored stays so; a handler of the
//                            program's stays, but gets the alternate stack
//   notify                   ours; stop, reset: as after the start of the run
//   at the end of the run    all as before the run, but for signals of which
//                            the default is to end the program: they stay ours
//                            where they were so at the start, and the handler
//                            does what the default does (sighandler.cc). To
//                            change forty signals twice a run cost 10 us
//
// Only faults are taken from a handler of the program's: it is called for those
// that are not burrow's to handle.

#include "runtime/sched/dump.h"
#include "runtime/signal/ask.h"
#include "runtime/signal/signal.h"

namespace burrow::rt {

namespace {

struct signalstate {
  sys::sigdisp previous;  // before the run, or before it became ours
  bool ours = false;
  bool base = false;     // ours from the start of the run
  bool restack = false;  // the program's, with the alternate stack
  bool changed = false;  // not as before the run
  bool kept = false;     // ours between runs, too
};

constinit signalstate state[sys::kSigmax + 1];

// What sigignore was told to. Signals that only the kernel has a reason for
// (faults, SIGILL) stay ours: the handler ignores what somebody sends. Of the
// others it sees those that were on their way as they came to be ignored.
constinit std::atomic<std::uint64_t> sentignored{0};

// Whether the default ends the program, and we let it live: nothing is lost if we
// keep it between runs.
bool keepable(std::uint16_t flags) noexcept {
  return (flags & (sys::kSigPanic | sys::kSigThrow)) == 0;
}

bool hasfunction(const sys::sigdisp& d) noexcept {
  return d.handler != sys::kSigdfl && d.handler != sys::kSigign;
}

bool wantsbase(int sig, std::uint16_t flags, const sys::sigdisp& now) noexcept {
  if ((flags & sys::kSigPanic) != 0) return true;
  if (now.handler != sys::kSigdfl) return false;
  if (sig == kAskSignal) return true;
  return (flags & (sys::kSigDefault | sys::kSigIgnore | sys::kSigKill)) == 0;
}

// Whether sig is ours. signal() returns our handler, too, and a program that puts
// it back by signal() has lost the alternate stack and more: mended here.
bool isours(int sig, const sys::sigdisp& now) noexcept {
  if (!sys::disp_isours(now)) return false;
  if (!sys::disp_onstack(now)) sys::setsig(sig, sys::ourdisp(), nullptr);
  return true;
}

void takeover(int sig, signalstate& s) noexcept {
  s.ours = s.changed = true;
  sys::setsig(sig, sys::ourdisp(), nullptr);
}

// Makes sig, of which the table knows what to do, ours if it is not.
void makeours(int sig) noexcept {
  signalstate& s = state[sig];
  sys::sigdisp now;
  if (sys::sigtab(sig).flags == 0 || sys::getsig(sig, &now) < 0 ||
      isours(sig, now))
    return;
  if (!s.changed) s.previous = now;
  s.restack = false;
  takeover(sig, s);
}

void installone(int sig) noexcept {
  const std::uint16_t flags = sys::sigtab(sig).flags;
  if (flags == 0 || (flags & sys::kSigReserved) != 0) return;
  signalstate& s = state[sig];
  sys::sigdisp now;
  if (sys::getsig(sig, &now) < 0 || isours(sig, now)) return;
  s = {};
  s.previous = now;
  if (wantsbase(sig, flags, s.previous)) {
    s.base = true;
    s.kept = keepable(flags);
    takeover(sig, s);
  } else if (hasfunction(s.previous) && !sys::disp_onstack(s.previous)) {
    sys::sigdisp d = s.previous;
    sys::disp_addonstack(d);
    s.restack = s.changed = true;
    sys::setsig(sig, d, nullptr);
  }
}

// Puts back what sig was before the run, unless the program has set something
// else meanwhile.
void uninstallone(int sig) noexcept {
  signalstate& s = state[sig];
  if (!s.changed || (s.kept && s.ours)) return;
  s.changed = s.ours = s.base = s.kept = false;
  sys::sigdisp now;
  if (sys::getsig(sig, &now) < 0) return;
  const bool mine = s.restack
                        ? now.handler == s.previous.handler
                        : sys::disp_isours(now) || now.handler == sys::kSigign;
  if (mine) sys::setsig(sig, s.previous, nullptr);
}

}  // namespace

void siginstall() noexcept {
  static const bool once = [] {
    findmodules();
    sys::siginit(sighandler, sigpanic);
    set_tracerunning(asktrace);
    return true;
  }();
  (void)once;
  for (int sig = 1; sig <= sys::kSigmax; sig++) installone(sig);
}

void siguninstall() noexcept {
  signotifyreset();
  sentignored.store(0, relaxed);
  for (int sig = 1; sig <= sys::kSigmax; sig++) uninstallone(sig);
}

void sigenable(int sig) noexcept {
  sentignored.fetch_and(~sys::sigbit(sig), relaxed);
  makeours(sig);
}

void sigdisable(int sig) noexcept {
  signalstate& s = state[sig];
  sentignored.fetch_and(~sys::sigbit(sig), relaxed);
  if (!s.changed) return;
  if (s.base) {
    if (!s.ours) takeover(sig, s);
    return;
  }
  s.ours = false;
  sys::sigdisp d = s.previous;
  if (hasfunction(d)) {
    sys::disp_addonstack(d);
    s.restack = true;
  }
  sys::setsig(sig, d, nullptr);
}

void sigignore(int sig) noexcept {
  signalstate& s = state[sig];
  const std::uint16_t flags = sys::sigtab(sig).flags;
  if (flags == 0) return;
  sentignored.fetch_or(sys::sigbit(sig), relaxed);
  if ((flags & sys::kSigNotify) == 0) return makeours(sig);
  if (!s.changed) sys::getsig(sig, &s.previous);
  s.ours = s.restack = false;
  s.changed = true;
  sys::sigdisp d;
  d.handler = sys::kSigign;
  sys::setsig(sig, d, nullptr);
}

bool sigsentignored(int sig) noexcept {
  return (sentignored.load(relaxed) & sys::sigbit(sig)) != 0;
}

const sys::sigdisp& sigprevious(int sig) noexcept {
  return state[sig].previous;
}

}  // namespace burrow::rt
