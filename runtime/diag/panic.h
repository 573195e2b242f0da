// runtime/diag/panic.h - the reports that end a process.
//
//   panic: boom [std::runtime_error]
//
//   goroutine 7 [running]:
//   main::worker(int)
//           /src/worker.cc:42 +0x1d
//
// An exception that leaves a goroutine finds no handler: the stack's base ends
// the unwinder's search. So the C++ runtime calls std::terminate at the throw,
// with nothing unwound yet, and the trace is that of the throw.
//
// One report at a time: who comes second waits, for good if the first one ends
// the process. A report that fails ends the process at once. Who reports a signal
// has a limit to his patience: begin_crash.
//
// fatal and rtthrow, which park.h declares, are defined here.
//
// Rejected: a catch (...) at the goroutine's base. It unwinds the stack first,
// and the place of the throw is gone.
#pragma once

#include <cstdint>

#include "runtime/diag/print.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

// The exit code of a process that a report ended.
inline constexpr int kExitPanic = 2;

// install_terminate makes std::terminate, on a goroutine, print a panic report
// and exit with code 2. On other threads the handler installed before is
// called. uninstall_terminate puts that one back, unless the user has installed
// his own meanwhile. Calls are paired, and do not nest.
//
// Context  any; run calls them.
void install_terminate() noexcept;
void uninstall_terminate() noexcept;

// set_tracebackothers names the function that prints every goroutine but the
// caller, each with an empty line before it: reports call it at levels all and
// system. Null, the default: none.
//
// Context  any. The function runs where the report does, must not park.
using tracebackothers_fn = void (*)(int fd) noexcept;
void set_tracebackothers(tracebackothers_fn print) noexcept;

// report_exception prints the exception being handled, in one line:
//   panic: <what()> [<type>]     a std::exception
//   panic: (<type>) <value>      an int, a char* or a std::string
//   panic: (<type>)              any other
// If there is none, std::terminate was called for another reason, and it says
// that.
//
// Context  any.
void report_exception(int fd) noexcept;

// report_header prints
//   goroutine 7 "name" [chan receive, 3 minutes, locked to thread]:
// without the name, the minutes and the lock where there are none.
//
// Context  any.
void report_header(printer& out, const gidentity& gi, const char* state,
                   std::int64_t minutes = 0) noexcept;

// report_signal prints Go's line for a signal:
//   [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x55...]
//
// Context  any, signal handlers included.
void report_signal(int fd, int sig, int code, std::uintptr_t addr,
                   std::uintptr_t pc) noexcept;

// A dump's process goes on after it; a fatal report ends the process, and so does
// one of a signal, which can begin anywhere, in the midst of the others, too.
enum class reportkind : std::uint32_t { none, dump, fatal, crash };

// begin_report takes the right to report, end_report gives it back. Between
// them the calling goroutine must not park.
//
// Context  any but a signal handler. Blocks the thread while another one reports.
void begin_report(reportkind kind = reportkind::fatal) noexcept;
void end_report() noexcept;

// begin_crash does not wait for good: not for a dump by the thread that it has
// interrupted, for another's dump a second, for a fatal report ten. It waits for
// another signal's report, which ends the process.
//
// Context  signal handler.
void begin_crash() noexcept;

// exit_panic ends the process with exit code 2; nothing is flushed and no
// destructor runs.
[[noreturn]] void exit_panic() noexcept;

}  // namespace burrow::rt
