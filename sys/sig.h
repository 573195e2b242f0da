// sys/sig.h - signals: sys/os.h's part about them. It names no system.
//
// Signals are numbers from 1 to kSigmax, those of <csignal>; a set of them is a
// word in which signal n is bit n - 1. What sys/os.h says of results and of
// contexts holds here, too: every function may be called in a signal handler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// ---- The table of signals ----

// What is done with a signal; see runtime/signal/ for how.
enum sigflag : std::uint16_t {
  kSigNotify = 1,     // may be sent to programs that ask for it
  kSigKill = 2,       // else ends the process quietly
  kSigThrow = 4,      // else ends the process with a report
  kSigPanic = 8,      // a fault: becomes an exception where that is possible
  kSigDefault = 16,   // the system's default action is kept unless asked for
  kSigIgnore = 32,    // the default action is to ignore it
  kSigUnblock = 64,   // never blocked on our threads
  kSigReserved = 128  // the C library's own: hands off
};

struct sigrow {
  const char* name;  // "SIGINT"
  const char* text;  // "interrupt"
  std::uint16_t flags;
};

inline constexpr int kSigmax = 64;

// sigtab returns what is known of a signal from 1 to kSigmax; flags 0 are for
// those that nobody can catch, and those that are none.
const sigrow& sigtab(int sig) noexcept;

constexpr std::uint64_t sigbit(int sig) noexcept {
  return std::uint64_t{1} << (sig - 1);
}

// ---- What is done with a signal, for the whole process ----

// sigdisp is a signal's disposition as the kernel keeps it. Another's, of any
// shape, can be kept and put back.
struct sigdisp {
  std::uintptr_t handler = 0;  // or one of the two below
  std::uintptr_t flags = 0;
  std::uintptr_t restorer = 0;
  std::uint64_t mask = 0;
};
inline constexpr std::uintptr_t kSigdfl = 0;
inline constexpr std::uintptr_t kSigign = 1;

std::int64_t getsig(int sig, sigdisp* now) noexcept;
// Errors  -EINVAL not a signal, or one that cannot be caught.
std::int64_t setsig(int sig, const sigdisp& wanted, sigdisp* old) noexcept;

// ourdisp is the disposition by which signals come to the handler that siginit
// was given: on the alternate stack, with all other signals blocked meanwhile,
// interrupted system calls restarted where the kernel does that at all.
sigdisp ourdisp() noexcept;

// siginit names the handler, and the function that sigctxt_inject makes a thread
// call. Once, before ourdisp is used.
void siginit(void (*handler)(int sig, void* info, void* ctxt),
             void (*injected)()) noexcept;

// What a disposition says.
bool disp_isours(const sigdisp& d) noexcept;
bool disp_onstack(const sigdisp& d) noexcept;
void disp_addonstack(sigdisp& d) noexcept;

// disp_forward calls d's handler, which was meant to have the signal, with its
// own mask and in its own way. The handler resets itself if it was installed so.
void disp_forward(const sigdisp& d, int sig, void* info, void* ctxt) noexcept;

// ---- Of the calling thread ----

// sigprocmask replaces the mask and stores the old one unless that is null. A system
// that refuses it, or getsigmask, ends the process (sys/refused.h).
void sigprocmask(std::uint64_t mask, std::uint64_t* old) noexcept;
std::uint64_t getsigmask() noexcept;

// The alternate stack on which handlers run: none if lo is null.
struct altstack {
  char* lo = nullptr;
  std::size_t bytes = 0;
};
altstack getaltstack() noexcept;
// Errors  -ENOMEM too small; -EPERM the thread is on its alternate stack.
std::int64_t setaltstack(altstack s) noexcept;

// minaltstack is how large one has to be on this processor, the kernel's own part
// and a handler's.
std::size_t minaltstack() noexcept;

// raise sends a signal to the calling thread; it is handled, unless blocked, when
// this returns.
void raise(int sig) noexcept;

// kill sends a signal to a process.
std::int64_t kill(std::int64_t pid, int sig) noexcept;

// ---- In a handler: what the signal tells ----

// Whether a process or thread sent it, not the kernel for what the thread did.
bool siginfo_fromuser(const void* info) noexcept;
// Whether it was sent to this very thread.
bool siginfo_tothread(const void* info) noexcept;
int siginfo_code(const void* info) noexcept;
std::uintptr_t siginfo_addr(const void* info) noexcept;

std::uintptr_t sigctxt_pc(const void* ctxt) noexcept;
std::uintptr_t sigctxt_sp(const void* ctxt) noexcept;
std::uint64_t sigctxt_mask(const void* ctxt) noexcept;  // as it was

// sigctxt_regs fills names and values of the registers. Returns how many.
inline constexpr int kMaxRegs = 40;
struct regvalue {
  const char* name;
  std::uintptr_t value;
};
int sigctxt_regs(const void* ctxt, regvalue* regs) noexcept;

// sigctxt_unjump undoes a call to where there is no code, if that was the fault:
// the context is then as in the call, one byte before the return address.
void sigctxt_unjump(void* ctxt) noexcept;

// sigctxt_inject makes the thread, when the handler returns, call the function
// that siginit was told of, as if the instruction at the context's pc did.
//
// Returns  false, and nothing has changed, if there is less stack than `room`
//          bytes above lo.
bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept;

// sigctxt_writefd returns the descriptor of the write that was interrupted by
// its own failure on a broken pipe; -1 if it cannot be told.
int sigctxt_writefd(const void* ctxt) noexcept;

// ---- A process for a dangerous task ----

// forkraw makes a child that goes on from here with this thread alone and
// returns 0 in it, without the C library's knowledge; its end signals nobody. It
// is killed when the calling thread ends, or is killed, before it, if the system
// does that, and lets it.
// Returns  the child's id, or -errno.
std::int64_t forkraw() noexcept;

// sysshared maps fresh zeroed memory that forkraw's children share.
// Returns  its address, page-aligned, or nullptr.
void* sysshared(std::size_t bytes) noexcept;

// cputime returns how long the threads of process pid have run so far.
// Errors  -EINVAL there is no such process.
std::int64_t cputime(std::int64_t pid) noexcept;

// reap asks whether child pid has ended, without waiting.
// Returns  0 not yet; 1 it has, *status as wait() has it. Errors  -ECHILD.
std::int64_t reap(std::int64_t pid, int* status) noexcept;

}  // namespace burrow::sys
