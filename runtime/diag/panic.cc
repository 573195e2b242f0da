// runtime/diag/panic.cc - the reports that end a process.
#include "runtime/diag/panic.h"

#include <cxxabi.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>

#include "burrow/error.h"
#include "runtime/diag/print.h"
#include "runtime/diag/symbolize.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/park.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::rt {
namespace {

constexpr int kStderr = 2;

ownedlock reporting;
// What its holder does; written by him. Relaxed: what a handler reads on another
// thread decides how long it waits, no more.
std::atomic<reportkind> reported{reportkind::none};

// The handler to go on to. Release and acquire: whoever sees the pointer sees
// the library that it points into.
std::atomic<std::terminate_handler> previous{nullptr};

std::atomic<tracebackothers_fn> tracebackothers{nullptr};

// self names who reports: the goroutine, which what() may have made move to
// another thread, or the thread.
std::uint64_t self() noexcept {
  const std::uint64_t goid = gidof(getg());
  return goid != 0 ? goid : threadid() | std::uint64_t{1} << 63;
}

// printtype prints the name of an exception's type.
void printtype(printer& out, const std::type_info& type) noexcept {
  try {
    out.str(type == typeid(std::string) ? "std::string"
                                        : demangle_type(type.name()));
  } catch (...) {
    out.str(type.name());
  }
}

// printvalue prints the exception being handled: what it says, or its value
// where its type has one that is known.
void printvalue(printer& out, const std::type_info& type) noexcept {
  const auto plain = [&out, &type] {
    out.str("(");
    printtype(out, type);
    out.str(")");
  };
  try {
    throw;
  } catch (const std::exception& e) {
    out.indented(e.what()).str(" [");
    printtype(out, type);
    out.str("]");
  } catch (int value) {
    plain();
    out.str(" ").dec(value);
  } catch (const char* value) {
    plain();
    out.str(" ").indented(value != nullptr ? value : "(null)");
  } catch (const std::string& value) {
    plain();
    out.str(" ").indented(value);
  } catch (...) {
    plain();
  }
}

// reportfault says more if the exception being handled is a fault's.
void reportfault(int fd) noexcept {
  if (abi::__cxa_current_exception_type() == nullptr) return;
  try {
    throw;
  } catch (const fault_error& e) {
    report_signal(fd, e.signal(), e.code(), e.address(), e.pc());
  } catch (...) {
    return;
  }
}

// trace prints the goroutine from the caller on, and the others where that is
// asked for.
[[gnu::noinline]] void trace(tracelevel level) noexcept {
  if (level == tracelevel::none) return;
  const gidentity me = identityof(getg());
  printer out(kStderr);
  out.str("\n");
  report_header(out, me, "running");
  out.flush();
  std::uintptr_t pcs[kMaxTrace + 1];
  const int n = capture_here(pcs, kMaxTrace + 1, 1);
  print_trace(out, pcs, n, level);
  print_creator(out, me.by);
  out.flush();
  const auto others = tracebackothers.load(std::memory_order_acquire);
  if (level >= tracelevel::all && others != nullptr) others(kStderr);
}

[[noreturn]] void reporttwice() noexcept {
  printer(kStderr).str("\npanic during the report of another\n");
  exit_panic();
}

[[noreturn]] void onterminate() {
  if (gidof(getg()) == 0) {
    const auto next = previous.load(std::memory_order_acquire);
    if (next != nullptr) next();
    std::abort();
  }
  begin_report();
  report_exception(kStderr);
  trace(tracelevel_now());
  exit_panic();
}

}  // namespace

void install_terminate() noexcept {
  const std::terminate_handler old = std::set_terminate(onterminate);
  // Ours already, if the user put it back after the last run: keep its next.
  if (old != onterminate) previous.store(old, std::memory_order_release);
}

void uninstall_terminate() noexcept {
  if (std::get_terminate() == onterminate)
    std::set_terminate(previous.load(std::memory_order_acquire));
}

void set_tracebackothers(tracebackothers_fn print) noexcept {
  tracebackothers.store(print, std::memory_order_release);
}

void report_exception(int fd) noexcept {
  printer out(fd);
  out.str("panic: ");
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr)
    out.str("std::terminate called without an exception");
  else
    printvalue(out, *type);
  out.str("\n");
  out.flush();
  reportfault(fd);
}

void report_header(printer& out, const gidentity& gi, const char* state,
                   std::int64_t minutes) noexcept {
  out.str("goroutine ").udec(gi.goid);
  if (gi.name != nullptr && *gi.name != 0)
    out.str(" \"").indented(gi.name).str("\"");
  out.str(" [").str(state);
  if (minutes > 0) out.str(", ").dec(minutes).str(" minutes");
  if (gi.locked) out.str(", locked to thread");
  out.str("]:\n");
}

void report_signal(int fd, int sig, int code, std::uintptr_t addr,
                   std::uintptr_t pc) noexcept {
  const sys::sigrow& row = sys::sigtab(sig);
  printer(fd)
      .str("[signal ")
      .str(row.name)
      .str(": ")
      .str(row.text)
      .str(" code=")
      .hex(static_cast<std::uintptr_t>(code))
      .str(" addr=")
      .hex(addr)
      .str(" pc=")
      .hex(pc)
      .str("]\n");
}

void begin_report(reportkind kind) noexcept {
  if (!reporting.lock(self())) reporttwice();
  reported.store(kind, std::memory_order_relaxed);
}

void end_report() noexcept {
  reported.store(reportkind::none, std::memory_order_relaxed);
  reporting.unlock();
}

void begin_crash() noexcept {
  constexpr std::int64_t kDump = 1'000'000'000, kFatal = 10 * kDump;
  constexpr std::uint32_t kPollUs = 1000;
  const std::uint64_t me = self();
  const std::int64_t start = sys::nanotime();
  while (!reporting.trylock(me)) {
    const reportkind kind = reported.load(std::memory_order_relaxed);
    const bool ends = kind == reportkind::fatal || kind == reportkind::crash;
    if (reporting.heldby(me)) {
      if (ends) reporttwice();
      break;
    }
    const std::int64_t waited = sys::nanotime() - start;
    if (kind != reportkind::crash && waited > (ends ? kFatal : kDump)) break;
    sys::usleep(kPollUs);
  }
  reported.store(reportkind::crash, std::memory_order_relaxed);
}

void exit_panic() noexcept { sys::exitprocess(kExitPanic); }

void fatal(const char* msg) noexcept {
  begin_report();
  printer(kStderr).str("fatal error: ").indented(msg).str("\n");
  trace(tracelevel_now());
  exit_panic();
}

// The message first, from a buffer on the stack: the trace may find the heap
// as broken as what it reports.
void rtthrow(const char* msg) noexcept {
  begin_report();
  printer(kStderr).str("runtime error: burrow: ").indented(msg).str("\n");
  trace(tracelevel::system);
  sys::setsig(SIGABRT, {}, nullptr);  // no second report
  std::abort();
}

}  // namespace burrow::rt
