// runtime/signal/signal.h - signals, as the scheduler and this folder see them.
//
// Where a signal goes:
//
//   kernel -> burrow_sigtramp -> sighandler (sighandler.cc), on whatever thread
//     |- asked of this thread by burrow itself (ask.cc)
//     |- a fault: an exception (fault.cc), or a report (crash.cc)
//     |- somebody has asked for it: a bit in a word (sigqueue.cc), from where a
//     |  thread of burrow's takes it to the channels (notify.cc)
//     |- the program had a handler before run: that one
//     `- else what the table says (sys/.../sigtab.cc)
//
// Invariants: a handler takes no lock, allocates nothing, touches no p and no g
// but its own; it runs on the m's alternate stack with all signals blocked but
// faults.
//
// Rejected: handlers for signals that the system ignores by default (SIGCHLD,
// SIGWINCH), as Go has. A handler makes poll and nanosleep return EINTR to C++
// code that never expected it; so they are installed when asked for.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/sched/runtime2.h"
#include "sys/sig.h"

namespace burrow::rt {

// ---- install.cc: what the process does with each signal ----

// siginstall makes the signals do for a run what the table says; siguninstall
// puts back what was before, and forgets who asked for what.
//
// Context  run, on its thread, no other run on.
void siginstall() noexcept;
void siguninstall() noexcept;

// sigenable makes sig come to us, sigdisable undoes that; sigignore has the
// system ignore it. Callers hold the lock of notify.cc.
void sigenable(int sig) noexcept;
void sigdisable(int sig) noexcept;
void sigignore(int sig) noexcept;

// sigsentignored says whether sig is ignored, by sigignore, when somebody sends it.
bool sigsentignored(int sig) noexcept;

// sigprevious is what the program itself wants done with sig.
const sys::sigdisp& sigprevious(int sig) noexcept;

// ---- minit.cc: what a thread needs ----

// minit gives the calling thread, which is mp's, its alternate stack and the
// signal mask of the run; unminit gives back the stack that it had before, and to
// the thread of run its mask. Another thread, which ends, keeps the one it has:
// the destructors of its thread_local objects come yet.
void minit(m* mp) noexcept;
void unminit(m* mp) noexcept;

// newthreadblocked is newosproc for threads of the runtime's own: fn starts with
// all signals blocked, until minit or sigfaultsonly.
std::int64_t newthreadblocked(void (*fn)(void*), void* arg,
                              std::size_t stackbytes) noexcept;

// sigfaultsonly sets the calling thread's mask: all are blocked but faults, which
// blocked would end the process without a word, the C library's own, for which it
// waits, and those in `but`.
void sigfaultsonly(std::uint64_t but) noexcept;

// remask is for an m that was idle: another run may have another mask.
void remask(m* mp) noexcept;

// sigrunmask sets the mask that ms have, from that of run's caller.
void sigrunmask(std::uint64_t callers) noexcept;
// sigblockedinrun says whether that mask blocks any of the set.
bool sigblockedinrun(std::uint64_t set) noexcept;

// ---- sighandler.cc ----

void sighandler(int sig, void* info, void* ctxt) noexcept;

// diefromsignal ends the process as sig does where nobody handles it.
void diefromsignal(int sig) noexcept;

// ---- sigqueue.cc: from handlers to channels ----

// sigsend keeps sig for delivery, if somebody has asked for it. Returns whether.
//
// Context  signal handler.
bool sigsend(int sig) noexcept;

// sigwanted is the set of signals that somebody has asked for. Written by
// notify.cc, under its lock.
extern std::atomic<std::uint64_t> sigwanted;

// sigquiet waits until all handlers that may have seen an earlier sigwanted have
// kept their signals; sigtake takes those. Context  the lock of notify.cc held.
void sigquiet() noexcept;
std::uint64_t sigtake() noexcept;

// startsigthread makes sure that the thread which delivers is there.
// Returns  0, or -errno.
std::int64_t startsigthread() noexcept;
bool sigthreadstarted() noexcept;

// siglisten makes that thread take the wanted signals, and no others, if any that
// has changed is one that all ms block. Blocks the calling thread for a moment.
//
// Context  the lock of notify.cc not held.
void siglisten(std::uint64_t changed) noexcept;

// ---- notify.cc ----

void sigdeliver() noexcept;     // what sigsend has kept
bool sigregistered() noexcept;  // somebody waits for some signal

// signotifyreset forgets who has asked. Context  the run has no number any more.
void signotifyreset() noexcept;

// ---- fault.cc ----

// onfault handles a fault of the calling thread; it returns if the thread is to
// go on at ctxt.
void onfault(int sig, void* info, void* ctxt) noexcept;

// The function that sigctxt_inject makes a thread call: throws.
void sigpanic();

// findmodules learns where the libraries are in whose code no fault becomes an
// exception. Once, not in a handler.
void findmodules() noexcept;

// ---- crash.cc ----

// crash reports a signal and ends the process.
struct crashcause {
  const char* kind;  // "panic", "fatal error", or the signal's name
  const char* text;
  bool overflow = false;
};
[[noreturn]] void crash(const crashcause& why, int sig, void* info,
                        void* ctxt) noexcept;

}  // namespace burrow::rt
