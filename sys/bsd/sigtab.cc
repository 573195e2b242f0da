// sys/bsd/sigtab.cc - the signals of OpenBSD and Darwin, and what burrow does with
// each.
//
// The flags are those of Go's runtime for these systems (sigtab_openbsd.go,
// sigtab_darwin.go), which agree but for 32, OpenBSD's thread library's own.
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::uint16_t kN = kSigNotify;
constexpr std::uint16_t kK = kSigKill, kT = kSigThrow, kD = kSigDefault;
constexpr std::uint16_t kI = kSigIgnore, kU = kSigUnblock;
constexpr std::uint16_t kFault = kSigPanic | kSigUnblock;

constexpr int kKnown = 32;
constexpr sigrow kTable[kKnown + 1] = {
    {"SIGNONE", "no signal", 0},
    {"SIGHUP", "terminal line hangup", kN | kK},
    {"SIGINT", "interrupt", kN | kK},
    {"SIGQUIT", "quit", kN | kT},
    {"SIGILL", "illegal instruction", kT | kU},
    {"SIGTRAP", "trace trap", kT | kU},
    {"SIGABRT", "abort", kN | kT},
    {"SIGEMT", "emulate instruction executed", kT | kU},
    {"SIGFPE", "floating-point exception", kFault},
    {"SIGKILL", "kill", 0},
    {"SIGBUS", "bus error", kFault},
    {"SIGSEGV", "segmentation violation", kFault},
    {"SIGSYS", "bad system call", kT},
    {"SIGPIPE", "write to broken pipe", kN},
    {"SIGALRM", "alarm clock", kN},
    {"SIGTERM", "termination", kN | kK},
    {"SIGURG", "urgent condition on socket", kN | kI},
    {"SIGSTOP", "stop, unblockable", 0},
    {"SIGTSTP", "keyboard stop", kN | kD},
    {"SIGCONT", "continue", kN | kD},
    {"SIGCHLD", "child status has changed", kN | kU | kI},
    {"SIGTTIN", "background read from tty", kN | kD},
    {"SIGTTOU", "background write to tty", kN | kD},
    {"SIGIO", "i/o now possible", kN},
    {"SIGXCPU", "cpu limit exceeded", kN},
    {"SIGXFSZ", "file size limit exceeded", kN},
    {"SIGVTALRM", "virtual alarm clock", kN},
    {"SIGPROF", "profiling alarm clock", kN | kU},
    {"SIGWINCH", "window size change", kN | kI},
    {"SIGINFO", "status request from keyboard", kN | kI},
    {"SIGUSR1", "user-defined signal 1", kN},
    {"SIGUSR2", "user-defined signal 2", kN},
    {"signal 32", "signal 32", kSigReserved},
};

}  // namespace

const sigrow& sigtab(int sig) noexcept {
  return kTable[sig >= 1 && sig <= kKnown ? sig : 0];
}

}  // namespace burrow::sys
