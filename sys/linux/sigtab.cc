// sys/linux/sigtab.cc - Linux's signals and what burrow does with each.
//
// The flags are those of Go's runtime for Linux (sigtab_linux_generic.go), but
// for those that are the C library's own, 32 and 33, which are never touched. They
// are glibc's; musl, for which burrow is not made, has 34 as well.
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::uint16_t kN = kSigNotify;
constexpr std::uint16_t kK = kSigKill, kT = kSigThrow, kD = kSigDefault;
constexpr std::uint16_t kI = kSigIgnore, kU = kSigUnblock;
constexpr std::uint16_t kFault = kSigPanic | kSigUnblock;

constexpr sigrow kTable[kSigmax + 1] = {
    {"SIGNONE", "no signal", 0},
    {"SIGHUP", "terminal line hangup", kN | kK},
    {"SIGINT", "interrupt", kN | kK},
    {"SIGQUIT", "quit", kN | kT},
    {"SIGILL", "illegal instruction", kT | kU},
    {"SIGTRAP", "trace trap", kT | kU},
    {"SIGABRT", "abort", kN | kT},
    {"SIGBUS", "bus error", kFault},
    {"SIGFPE", "floating-point exception", kFault},
    {"SIGKILL", "kill", 0},
    {"SIGUSR1", "user-defined signal 1", kN},
    {"SIGSEGV", "segmentation violation", kFault},
    {"SIGUSR2", "user-defined signal 2", kN},
    {"SIGPIPE", "write to broken pipe", kN},
    {"SIGALRM", "alarm clock", kN},
    {"SIGTERM", "termination", kN | kK},
    {"SIGSTKFLT", "stack fault", kT | kU},
    {"SIGCHLD", "child status has changed", kN | kU | kI},
    {"SIGCONT", "continue", kN | kD | kI},
    {"SIGSTOP", "stop, unblockable", 0},
    {"SIGTSTP", "keyboard stop", kN | kD},
    {"SIGTTIN", "background read from tty", kN | kD},
    {"SIGTTOU", "background write to tty", kN | kD},
    {"SIGURG", "urgent condition on socket", kN | kI},
    {"SIGXCPU", "cpu limit exceeded", kN},
    {"SIGXFSZ", "file size limit exceeded", kN},
    {"SIGVTALRM", "virtual alarm clock", kN},
    {"SIGPROF", "profiling alarm clock", kN | kU},
    {"SIGWINCH", "window size change", kN | kI},
    {"SIGIO", "i/o now possible", kN},
    {"SIGPWR", "power failure restart", kN},
    {"SIGSYS", "bad system call", kT},
    {"signal 32", "signal 32", kSigReserved},
    {"signal 33", "signal 33", kSigReserved},
    {"signal 34", "signal 34", kN},
    {"signal 35", "signal 35", kN},
    {"signal 36", "signal 36", kN},
    {"signal 37", "signal 37", kN},
    {"signal 38", "signal 38", kN},
    {"signal 39", "signal 39", kN},
    {"signal 40", "signal 40", kN},
    {"signal 41", "signal 41", kN},
    {"signal 42", "signal 42", kN},
    {"signal 43", "signal 43", kN},
    {"signal 44", "signal 44", kN},
    {"signal 45", "signal 45", kN},
    {"signal 46", "signal 46", kN},
    {"signal 47", "signal 47", kN},
    {"signal 48", "signal 48", kN},
    {"signal 49", "signal 49", kN},
    {"signal 50", "signal 50", kN},
    {"signal 51", "signal 51", kN},
    {"signal 52", "signal 52", kN},
    {"signal 53", "signal 53", kN},
    {"signal 54", "signal 54", kN},
    {"signal 55", "signal 55", kN},
    {"signal 56", "signal 56", kN},
    {"signal 57", "signal 57", kN},
    {"signal 58", "signal 58", kN},
    {"signal 59", "signal 59", kN},
    {"signal 60", "signal 60", kN},
    {"signal 61", "signal 61", kN},
    {"signal 62", "signal 62", kN},
    {"signal 63", "signal 63", kN},
    {"signal 64", "signal 64", kN},
};

}  // namespace

const sigrow& sigtab(int sig) noexcept {
  return kTable[sig >= 1 && sig <= kSigmax ? sig : 0];
}

}  // namespace burrow::sys
