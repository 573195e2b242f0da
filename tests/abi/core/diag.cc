// tests/abi/core/diag.cc - runtime/diag's interface without traces: a report is its
// text, and the end.
#include "runtime/diag/panic.h"
#include "runtime/diag/traceback.h"
#include "runtime/os/libc.h"
#include "sys/os.h"

[[noreturn]] void core_failed(const char* what);

namespace burrow::rt {

printer& printer::str(std::string_view text) noexcept {
  for (const char c : text) {
    if (used_ == sizeof buf_) flush();
    buf_[used_++] = c;
  }
  return *this;
}
void printer::flush() noexcept {
  if (to_ != nullptr)
    to_(arg_, buf_, used_);
  else
    sys::write(fd_, buf_, used_);
  used_ = 0;
}
printer& printer::indented(std::string_view text) noexcept { return str(text); }
printer& printer::udec(std::uint64_t value) noexcept {
  char digits[24];
  std::size_t i = sizeof digits;
  do digits[--i] = static_cast<char>('0' + value % 10);
  while ((value /= 10) != 0);
  return str({digits + i, sizeof digits - i});
}
printer& printer::dec(std::int64_t value) noexcept {
  if (value >= 0) return udec(static_cast<std::uint64_t>(value));
  str("-");
  return udec(-static_cast<std::uint64_t>(value));
}
printer& printer::hex(std::uintptr_t value) noexcept { return udec(value); }

[[noreturn]] void fatal(const char* what) noexcept { core_failed(what); }
[[noreturn]] void rtthrow(const char* what) noexcept { core_failed(what); }
[[noreturn]] void exit_panic() noexcept { sys::exitprocess(kExitPanic); }
void install_terminate() noexcept {}
void uninstall_terminate() noexcept {}
void set_tracebackothers(tracebackothers_fn) noexcept {}
void begin_report(reportkind) noexcept {}
void end_report() noexcept {}
void begin_crash() noexcept {}
void report_header(printer&, const gidentity&, const char*,
                   std::int64_t) noexcept {}
void report_signal(int, int sig, int, std::uintptr_t addr,
                   std::uintptr_t pc) noexcept {
  printer out(2);
  out.str("signal ").dec(sig).str(" at ").hex(pc).str(", address ").hex(addr);
  out.flush();
  core_failed("");
}
void set_tracelevel(const char*) noexcept {}
tracelevel tracelevel_now() noexcept { return tracelevel::none; }
int capture_here(std::uintptr_t*, int, int) noexcept { return 0; }
void capture_interrupted(std::uintptr_t, std::uintptr_t*, int,
                         int& n) noexcept {
  n = 0;
}
void set_tracenames(tracenames) noexcept {}
void print_trace(printer&, const std::uintptr_t*, int, tracelevel) noexcept {}
void print_creator(printer&, const creator&) noexcept {}
void modules_learn() noexcept {}
void eachobject(bool (*)(const loadedobject&, void*), void*) noexcept {}
void symbolize_isolated() noexcept {}

}  // namespace burrow::rt
