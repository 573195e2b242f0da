// tests/abi/signals.cc - sending, blocking and delivering foreign signals, and
// what Linux's own stand for.
#include <csignal>

#include "tests/abi/kernel.h"

namespace abibed {

namespace {

constexpr int kFkill = 9, kFchld = 20, kFpipe = 13;
constexpr int kPoke = SIGUSR1;

bool ignoredbydefault(int sig) {
  return sig == 16 || sig == 19 || sig == 20 || sig == 23 || sig == 28 ||
         sig == 29;
}

bool stopsbydefault(int sig) {
  return sig == 17 || sig == 18 || sig == 21 || sig == 22;
}

// The foreign number of a fault; 0: no fault.
int faultsignal(int linuxsig) {
  switch (linuxsig) {
    case SIGSEGV:
      return 11;
    case SIGBUS:
      return 10;
    case SIGFPE:
      return 8;
    case SIGILL:
      return 4;
    case SIGTRAP:
      return 5;
    default:
      return 0;
  }
}

}  // namespace

void kernel::atsignal(thread& t, int sig) {
  const siginfo_t info = tracees->signal(t.lid);
  registers r = getregs(t.lid);
  if (sig == kPoke && t.poked) {
    t.poked = false;
    go(t, r);
  } else if (const int fault = faultsignal(sig);
             fault != 0 && info.si_code > 0) {
    if (sig == SIGSEGV && trapcall(t, r)) return;
    const siginfo f{
        fault, faultcode(sig, info.si_code),
        sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL
            ? reinterpret_cast<std::uint64_t>(info.si_addr)
            : r.pc(),
        0};
    const auto& a = t.proc->actions[static_cast<std::size_t>(fault)];
    if (a.handler <= 1 || (t.mask & bit(fault)) != 0) {
      die(t, f);
      return;
    }
    act(t, r, f);
    go(t, r);
  } else if (sig == SIGCHLD || sig == SIGPIPE) {
    const siginfo s{sig == SIGCHLD ? kFchld : kFpipe, 0, 0, info.si_pid};
    if (sig == SIGCHLD)
      t.proc->pending[s.sig] = s;
    else
      t.pending[s.sig] = s;
    go(t, r);
  } else {
    fail("bed: Linux signal %d (code %d) at pc %llx", sig, info.si_code,
         r.pc());
  }
}

// A signal that may be taken now. Threads' own come first.
bool kernel::choose(thread& t, siginfo& info) {
  for (auto* from : {&t.pending, &t.proc->pending})
    for (const auto& [sig, s] : *from) {
      if ((t.mask & bit(sig)) != 0 && sig != kFkill) continue;
      info = s;
      from->erase(sig);
      return true;
    }
  return false;
}

void kernel::deliver(thread& t, registers& r) {
  const pid_t lid = t.lid;
  for (siginfo info; findlinux(lid) != nullptr && choose(t, info);)
    act(t, r, info);
}

void kernel::act(thread& t, registers& r, const siginfo& info) {
  action& a = t.proc->actions[static_cast<std::size_t>(info.sig)];
  if (a.handler == 1 && info.sig != kFkill) return;
  if (a.handler == 0 || info.sig == kFkill) {
    if (stopsbydefault(info.sig)) fail("this kernel lacks job control");
    if (!ignoredbydefault(info.sig)) die(t, info);
    return;
  }
  frame(t, r, info);
  t.mask |= a.mask;
  if ((a.flags & kNodefer) == 0) t.mask |= bit(info.sig);
  if ((a.flags & kResethand) != 0) a = {};
  out_.delivered++;
}

// The default action: the process ends.
void kernel::die(thread& t, const siginfo& info) {
  if (t.proc->pid == first_) out_.signal = info.sig;
  tracees->kill(t.proc->pid);
  // The stops of its threads are of no interest any more.
  const auto p = t.proc;
  std::erase_if(sleepers_,
                [&](pid_t lid) { return findlinux(lid)->proc == p; });
  std::erase_if(threads_, [&](const auto& e) { return e.second->proc == p; });
}

void kernel::signalthread(thread& t, const siginfo& info) {
  const auto& a = t.proc->actions[static_cast<std::size_t>(info.sig)];
  const bool nothing =
      a.handler == 1 || (a.handler == 0 && ignoredbydefault(info.sig));
  if (nothing) return;
  t.pending[info.sig] = info;
  if ((t.mask & bit(info.sig)) != 0 && info.sig != kFkill) return;
  if (t.sleeping) {
    if (t.oninterrupt) {
      const auto fn = t.oninterrupt;
      fn();
    }
  } else if ((!t.incall || t.onlinux) && !t.poked) {
    t.poked = true;
    tracees->poke(t.proc->pid, t.lid);
  }
}

// To whichever thread does not block it; else it waits for one.
void kernel::signalprocess(process& p, const siginfo& info) {
  for (const auto& [lid, t] : threads_)
    if (t->proc.get() == &p && (t->mask & bit(info.sig)) == 0) {
      signalthread(*t, info);
      return;
    }
  p.pending[info.sig] = info;
}

}  // namespace abibed
