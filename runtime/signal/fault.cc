// runtime/signal/fault.cc - faults: from a signal to an exception.
//
// A fault in a goroutine's own code becomes an exception there: the handler makes
// the thread call sigpanic, as if the instruction had been a call, and returns;
// nothing of the handler's is on any stack when the exception is thrown. The
// unwinder then finds what it would for a call, which is a handler if the code was
// compiled with -fnon-call-exceptions, or if the fault was in a function called
// from a try block. Finds it none, the stack is still there, and reported.
//
// Not where that would leave something locked for good or half done: in the
// runtime, in libc, in the unwinder; and not on threads that are not burrow's.
// There a handler of the program's own gets the signal; without one it is a
// report, and the end.
//
// Rejected: throwing from the handler. The unwinder can do it, but the signal
// stays blocked and the alternate stack in use.

#include <unwind.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "burrow/error.h"
#include "runtime/diag/modules.h"
#include "runtime/os/libc.h"
#include "runtime/sched/tls.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

// What throwing takes, from __cxa_throw to the landing pad (4 KiB measured).
constexpr std::size_t kThrowRoom = std::size_t{8} << 10;
// A fault so far below a stack, with the stack pointer there, too, is a large
// frame's.
constexpr std::uintptr_t kFarBelow = std::uintptr_t{1} << 30;
constexpr std::uintptr_t kNilPage = 4096;
// The code of a fault of which the processor has told the kernel no address.
#if defined(SI_KERNEL)
constexpr int kNoaddress = SI_KERNEL;
#else
constexpr int kNoaddress = -1;  // no fault's: there is no such code
#endif

constexpr const char kFatal[] = "fatal error";

struct module {
  std::uintptr_t lo, hi;
};
constexpr int kMaxModules = 64;  // libSystem is made of some thirty
module uncatchable[kMaxModules];
int nuncatchable;

bool named(const char* path, std::string_view wanted) noexcept {
  const std::string_view p(path);
  return p.substr(p.rfind('/') + 1).starts_with(wanted);
}

// By their names, for a program may have functions of its own that are called as
// theirs (malloc), or a copy of the unwinder besides theirs (-static-libgcc).
bool knownlibrary(const char* path) noexcept {
  for (const char* wanted :
       {"libc.so", "libgcc_s.so", "libunwind.", "ld-linux", "ld-musl",
        "libc.musl", "ld.so", "libsystem_", "dyld"})
    if (named(path, wanted)) return true;
  return false;
}

// And those that have one of these functions: libburrow, or a malloc that takes
// the place of libc's.
bool hasfunction(const module& in) noexcept {
  const std::uintptr_t functions[] = {
      reinterpret_cast<std::uintptr_t>(&std::malloc),
      reinterpret_cast<std::uintptr_t>(&_Unwind_RaiseException),
      reinterpret_cast<std::uintptr_t>(&findmodules),
  };
  return std::any_of(std::begin(functions), std::end(functions),
                     [&in](auto f) { return f >= in.lo && f < in.hi; });
}

bool addmodule(const loadedobject& o, void*) noexcept {
  const module found{o.low, o.high};
  if (nuncatchable < kMaxModules && !o.program &&
      (knownlibrary(o.name) || hasfunction(found)))
    uncatchable[nuncatchable++] = found;
  return true;
}

bool catchable(std::uintptr_t pc) noexcept {
  for (int i = 0; i < nuncatchable; i++)
    if (pc >= uncatchable[i].lo && pc < uncatchable[i].hi) return false;
  return true;
}

bool overflowed(const g* gp, std::uintptr_t sp, std::uintptr_t addr) noexcept {
  const auto lo = reinterpret_cast<std::uintptr_t>(gp->stack.lo);
  if (lo == 0) return false;
  const std::uintptr_t usable = lo + sys::pagesize();
  if (addr >= lo - sys::pagesize() && addr < usable) return true;
  return sp < usable && sp > lo - kFarBelow && addr < usable &&
         addr > lo - kFarBelow;
}

// What Go calls the fault; it is what the exception says.
const char* faulttext(int sig, int code, std::uintptr_t addr) noexcept {
  if (sig == SIGFPE) {
    if (code == FPE_INTDIV) return "runtime error: integer divide by zero";
    if (code == FPE_INTOVF) return "runtime error: integer overflow";
    return "runtime error: floating point error";
  }
  // Without an address: the kernel has been told none by the processor.
  if (addr < kNilPage && code != kNoaddress)
    return "runtime error: invalid memory address or nil pointer dereference";
  return "runtime error: unexpected fault address";
}

// Makes mp's goroutine, in its own code, throw. False: it cannot.
bool inject(m* mp, int sig, const void* info, void* ctxt) noexcept {
  g* gp = mp->curg;
  if (mp->inruntime.load(relaxed) != 0 || gp == &mp->g0) return false;
  const std::uintptr_t sp = sys::sigctxt_sp(ctxt);
  if (sp >= reinterpret_cast<std::uintptr_t>(gp->stack.hi)) return false;
  const auto lo =
      reinterpret_cast<std::uintptr_t>(gp->stack.lo) + sys::pagesize();
  if (sp < lo) return false;
  sys::sigctxt_unjump(ctxt);
  const std::uintptr_t pc = sys::sigctxt_pc(ctxt);
  mp->fault = {sig, sys::siginfo_code(info), sys::siginfo_addr(info), pc};
  return catchable(pc) && sys::sigctxt_inject(ctxt, lo, kThrowRoom);
}

}  // namespace

void findmodules() noexcept {
  modules_learn();
  eachobject(addmodule, nullptr);
}

void onfault(int sig, void* info, void* ctxt) noexcept {
  m* mp = getm();
  const std::uintptr_t addr = sys::siginfo_addr(info);
  const int code = sys::siginfo_code(info);
  if (mp != nullptr && sig != SIGFPE &&
      overflowed(mp->curg, sys::sigctxt_sp(ctxt), addr))
    crash({kFatal, "stack overflow", true}, sig, info, ctxt);
  if (mp != nullptr && inject(mp, sig, info, ctxt)) return;
  const sys::sigdisp& previous = sigprevious(sig);
  if (previous.handler != sys::kSigdfl && previous.handler != sys::kSigign)
    return sys::disp_forward(previous, sig, info, ctxt);
  if (mp == nullptr)
    crash({kFatal, "unexpected signal on a thread that burrow did not make"},
          sig, info, ctxt);
  if (mp->inruntime.load(relaxed) != 0)
    crash({kFatal, "unexpected signal during runtime execution"}, sig, info,
          ctxt);
  crash({"panic", faulttext(sig, code, addr)}, sig, info, ctxt);
}

void sigpanic() {
  const faultrecord f = getm()->fault;
  const char* text = faulttext(f.sig, f.code, f.addr);
  if (f.sig == SIGFPE)
    throw arithmetic_fault(text, f.sig, f.code, f.addr, f.pc);
  throw memory_fault(text, f.sig, f.code, f.addr, f.pc);
}

}  // namespace burrow::rt
