// runtime/sched/env.cc - reading the environment.

#include "runtime/sched/env.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "runtime/diag/print.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/runtime2.h"
#include "runtime/sched/stack.h"
#include "sys/os.h"

namespace burrow::rt {

constinit debugvars debugvar;

namespace {

void complain(std::string_view name, std::string_view value,
              std::string_view what) noexcept {
  printer(2)
      .str("burrow: ")
      .str(name)
      .str("=")
      .str(value)
      .str(": ")
      .str(what)
      .str("\n");
}

// All of text has to be a number.
bool number(std::string_view text, std::uint64_t& out) noexcept {
  const char* end = text.data() + text.size();
  const auto [at, err] = std::from_chars(text.data(), end, out);
  return err == std::errc{} && at == end && !text.empty();
}

// A number of bytes with an optional suffix k or m.
bool bytecount(std::string_view text, std::uint64_t& out) noexcept {
  unsigned shift = 0;
  if (!text.empty()) {
    const char c = text.back();
    if (c == 'k' || c == 'K') shift = 10;
    if (c == 'm' || c == 'M') shift = 20;
    if (shift != 0) text.remove_suffix(1);
  }
  if (!number(text, out) || out > (kMaxStack >> shift)) return false;
  out <<= shift;
  return true;
}

int readprocs() noexcept {
  const char* text = std::getenv("BURROW_MAXPROCS");
  if (text == nullptr) return 0;
  std::uint64_t n;
  if (!number(text, n) || n == 0 || n > std::uint64_t{kMaxProcs}) {
    complain("BURROW_MAXPROCS", text,
             "want a number from 1 to 1024; using the default");
    return 0;
  }
  return static_cast<int>(n);
}

std::size_t readstack() noexcept {
  const char* text = std::getenv("BURROW_STACK_SIZE");
  if (text == nullptr) return 0;
  std::uint64_t n;
  if (!bytecount(text, n) || n == 0) {
    complain("BURROW_STACK_SIZE", text,
             "want bytes, or a number with k or m, up to 64 GiB (256 MiB where "
             "addresses have 32 bits); using the default");
    return 0;
  }
  return n;
}

bool setkind(debugvars& v, std::string_view value) noexcept {
  if (value != "uring" && value != "epoll") return false;
  v.netpoll.store(
      value == "uring" ? sys::pollkind::uring : sys::pollkind::standard,
      relaxed);
  return true;
}

bool setvar(debugvars& v, std::string_view name, std::string_view value) {
  if (name == "netpoll") return setkind(v, value);
  std::uint64_t n;
  if (!number(value, n)) return false;
  if (name == "schedtrace") {
    v.schedtracems.store(static_cast<std::int64_t>(n), relaxed);
  } else if (name == "scheddetail") {
    v.scheddetail.store(n != 0, relaxed);
  } else if (name == "asyncpreemptoff") {
    v.asyncpreemptoff.store(n != 0, relaxed);
  } else if (name == "sigretake") {
    v.sigretake.store(n != 0, relaxed);
  } else if (name == "maxhogs") {
    v.maxhogs.store(static_cast<std::int64_t>(n), relaxed);
  } else if (name == "pollspin") {
    if (n > 100'000) return false;
    v.pollspin.store(static_cast<std::int64_t>(n) * 1'000, relaxed);
  } else if (name == "allps") {
    v.allps.store(n != 0, relaxed);
  } else if (name == "chaos") {
    v.chaos.store(true, relaxed);
    v.chaosseed.store(n, relaxed);
  } else {
    return false;
  }
  return true;
}

void parsedebug(debugvars& v, std::string_view rest) noexcept {
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    if (item.empty()) continue;
    const std::size_t eq = item.find('=');
    const std::string_view value =
        eq == item.npos ? std::string_view{} : item.substr(eq + 1);
    if (!setvar(v, item.substr(0, eq), value))
      complain("BURROW_DEBUG", item, "not understood; ignored");
  }
}

// What is set already does not waver meanwhile: another run may be on.
void readdebug() noexcept {
  debugvars v;
  if (const char* text = std::getenv("BURROW_DEBUG"); text != nullptr)
    parsedebug(v, text);
  debugvar.schedtracems.store(v.schedtracems.load(relaxed), relaxed);
  debugvar.scheddetail.store(v.scheddetail.load(relaxed), relaxed);
  debugvar.asyncpreemptoff.store(v.asyncpreemptoff.load(relaxed), relaxed);
  debugvar.sigretake.store(v.sigretake.load(relaxed), relaxed);
  debugvar.maxhogs.store(v.maxhogs.load(relaxed), relaxed);
  debugvar.pollspin.store(v.pollspin.load(relaxed), relaxed);
  debugvar.allps.store(v.allps.load(relaxed), relaxed);
  debugvar.netpoll.store(v.netpoll.load(relaxed), relaxed);
  debugvar.chaosseed.store(v.chaosseed.load(relaxed), relaxed);
  debugvar.chaos.store(v.chaos.load(relaxed), relaxed);
}

}  // namespace

environment readenv() noexcept {
  readdebug();
  set_tracelevel(std::getenv("BURROW_TRACEBACK"));
  return {readprocs(), readstack()};
}

int defaultprocs() noexcept {
  int n = sys::ncpu();
  if (n < 1) n = 1;
  if (const std::int64_t milli = sys::cpuquota(); milli > 0) {
    const std::int64_t whole = (milli + 999) / 1000;
    if (whole < n) n = static_cast<int>(whole);
  }
  return n < kMaxProcs ? n : kMaxProcs;
}

}  // namespace burrow::rt
