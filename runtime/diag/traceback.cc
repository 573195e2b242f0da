// runtime/diag/traceback.cc - stack traces: taking and printing them.
#include "runtime/diag/traceback.h"

#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/diag/modules.h"
#include "runtime/diag/print.h"
#include "runtime/diag/progress.h"
#include "runtime/diag/symbolize.h"
#include "runtime/diag/symtab.h"

namespace burrow::rt {
namespace {

using std::string_view;

// Relaxed: the level stands alone, and a trace may use the old or the new one.
std::atomic<tracelevel> level_now{tracelevel::single};

tracenames names_from = tracenames::symbols;

struct collector {
  std::uintptr_t* pcs;
  int max;
  int skip;             // so many frames, the newest,
  std::uintptr_t from;  // or, if not 0, all that are newer than this one
  int& n;
};

_Unwind_Reason_Code collect(_Unwind_Context* context, void* arg) {
  auto* c = static_cast<collector*>(arg);
  int beforecall = 0;
  std::uintptr_t pc = _Unwind_GetIPInfo(context, &beforecall);
  if (pc == 0) return _URC_END_OF_STACK;
  if (c->skip > 0) {
    c->skip--;
    return _URC_NO_REASON;
  }
  // A signal interrupted this frame at pc, not after a call.
  if (beforecall != 0) pc++;
  if (c->from != 0) {
    if (pc != c->from) return _URC_NO_REASON;
    c->from = 0;
    c->n = 0;
  }
  if (c->n == c->max) return _URC_END_OF_STACK;
  c->pcs[c->n++] = pc;
  return _URC_NO_REASON;
}

bool eatprefix(string_view& text, string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// outermostscope strips from a mangled name what stands before the names of
// its scopes: "_Z", and for a local entity or a member "Z", "N" and
// qualifiers. What is left begins with "6burrow2rt" or "St", say.
string_view outermostscope(string_view symbol) {
  eatprefix(symbol, "_Z");
  const std::size_t at = symbol.find_first_not_of("ZNKVrRO");
  return at == symbol.npos ? string_view() : symbol.substr(at);
}

bool anyprefix(string_view name, std::initializer_list<string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [name](string_view p) { return name.starts_with(p); });
}

// inlibrary says whether f lies in a library that runs, throws and starts.
bool inlibrary(const frame& f) {
  const std::size_t slash = f.module.rfind('/');
  const string_view name = string_view(f.module).substr(slash + 1);
  return anyprefix(name, {"libburrow.so", "libstdc++.so", "libgcc_s.so",
                          "libc++abi.so", "libc.so", "libboost_context.so"});
}

// inthrow says whether f is part of how an exception ends a goroutine.
bool inthrow(const frame& f) {
  return anyprefix(f.function,
                   {"__cxa_", "__cxxabiv1::", "__clang_call_terminate",
                    "__gnu_cxx::__verbose_terminate_handler",
                    "__gxx_personality", "_Unwind_", "std::terminate",
                    "std::rethrow_exception", "std::__throw_"});
}

// inthreadstart says whether f is part of how a thread begins.
bool inthreadstart(const frame& f) {
  constexpr string_view names[] = {"_start",
                                   "__libc_start_main",
                                   "__libc_start_main_impl",
                                   "start_thread",
                                   "__libc_start_call_main",
                                   "clone",
                                   "__clone",
                                   "clone3",
                                   "__clone3",
                                   "execute_native_thread_routine"};
  return f.function.starts_with("std::thread::_State_impl<") ||
         std::find(std::begin(names), std::end(names), f.function) !=
             std::end(names);
}

// inscope says whether f's name begins with one of the scopes, of which it has
// either the mangled or the readable form.
bool inscope(const frame& f, std::initializer_list<string_view> mangled,
             std::initializer_list<string_view> readable) {
  if (f.symbol.starts_with("_Z"))
    return anyprefix(outermostscope(f.symbol), mangled);
  return anyprefix(f.function, readable);
}

bool instd(const frame& f) { return inscope(f, {"St", "Sa", "Ss"}, {"std::"}); }

bool inburrow(const frame& f) { return inscope(f, {"6burrow"}, {"burrow::"}); }

bool indetail(const frame& f) {
  return inscope(f, {"6burrow6detail"}, {"burrow::detail::"});
}

// inruntime says whether f is part of how goroutines run, park and throw.
bool inruntime(const frame& f) {
  // Functions that a stripped library does not export.
  if (f.function.empty()) return inlibrary(f);
  return indetail(f) || inthrow(f) || inthreadstart(f) ||
         inscope(f, {"6burrow2rt", "6burrow3sys"},
                 {"burrow::rt::", "burrow::sys::", "burrow_", "jump_fcontext",
                  "ontop_fcontext", "make_fcontext"});
}

// entry is a frame that may be shown.
struct entry {
  frame f;
  bool hidden = false;
};

// How much of a goroutine's start is hidden: all that comes before the user's
// first function, or the runtime's own frames only.
enum class start { whole, runtime };

// hide marks the frames that tell of the runtime, not of its user. From the
// goroutine's start on:
// - the start itself, if all of it is, with the public functions on the way to
//   the user's (burrow::run);
// - the standard functions that hidden ones call (std::invoke);
// - what a public function called. The function that the user's code called is
//   public, even where it is inherited from a class in burrow::detail;
// - all that a throw called, which in a stripped program may have no names.
// Returns whether any frame is left.
bool hide(std::vector<entry>& trace, start s) {
  bool starting = s == start::whole;  // no function of the user's yet
  bool inside = true;                 // the caller is burrow's
  bool underhidden = true;            // the caller is hidden
  bool throwing = false;
  bool left = false;
  for (auto e = trace.rbegin(); e != trace.rend(); ++e) {
    const frame& f = e->f;
    throwing = throwing || inthrow(f);
    const bool entered = indetail(f) && !inside;
    e->hidden = throwing || (inruntime(f) && !entered) ||
                (underhidden && instd(f)) || (starting && inburrow(f));
    underhidden = e->hidden;
    starting = starting && e->hidden;
    inside = inburrow(f) || inruntime(f) || (inside && instd(f));
    left = left || !e->hidden;
  }
  return left;
}

// hideruntime hides as much as leaves a frame to be shown. A tail call may have
// taken all of the user's: then a public function says most.
void hideruntime(std::vector<entry>& trace) {
  if (hide(trace, start::whole) || hide(trace, start::runtime)) return;
  for (entry& e : trace) e.hidden = false;
}

void printplace(printer& out, const frame& f) {
  out.str("\n\t");
  if (!f.file.empty()) {
    out.str(f.file).str(":").dec(f.line);
    if (!f.inlined && f.foffset != 0) out.str(" +").hex(f.foffset);
  } else {
    out.str(f.module.empty() ? "??" : f.module).str(" +").hex(f.moffset);
  }
  out.str("\n");
}

void printframe(printer& out, const frame& f) {
  out.str(f.function.empty() ? "??" : f.function);
  printplace(out, f);
}

// printsymbolised returns false, and has printed nothing, if memory is exhausted.
bool printsymbolised(printer& out, const std::uintptr_t* pcs, int n,
                     tracelevel level) noexcept {
  try {
    std::vector<entry> trace;
    for (int i = 0; i < n; i++) {
      std::vector<frame> frames = symbolize(pcs[i]);
      if (frames.empty()) return false;
      for (frame& f : frames) {
        if (f.module.empty()) f.moffset = pcs[i];
        trace.push_back({std::move(f)});
      }
    }
    if (level != tracelevel::system) hideruntime(trace);
    for (const entry& e : trace)
      if (!e.hidden) printframe(out, e.f);
    return true;
  } catch (...) {
    return false;
  }
}

// printcaller prints a frame's first line, or, if `by` is not null, that of the
// call which started a goroutine.
void printcaller(printer& out, string_view function,
                 const creator* by = nullptr) noexcept {
  if (by != nullptr) out.str("created by ");
  out.str(function.empty() ? "??" : function);
  if (by != nullptr && by->goid != 0) out.str(" in goroutine ").udec(by->goid);
}

// printplain prints what can be said of pc without memory or locks, in the form of
// print_trace or, if `by` is not null, of print_creator.
void printplain(printer& out, std::uintptr_t pc, const creator* by) noexcept {
  progress_step();
  codeplace place{"??", nullptr, pc};
  const char* name = nullptr;
  if (moduleof(pc - 1, place)) {  // in the call, not after it
    if (names_from == tracenames::linker)
      name = symtabname(place.file, place.offset);
    place.offset++;
  }
  printcaller(out, name != nullptr ? name : "", by);
  out.str("\n\t").str(place.module).str(" +").hex(place.offset).str("\n");
}

}  // namespace

void set_tracelevel(const char* text) noexcept {
  constexpr string_view names[] = {"none", "single", "all", "system"};
  tracelevel level = tracelevel::single;
  if (text != nullptr && *text != 0) {
    const auto* found = std::find(std::begin(names), std::end(names), text);
    if (found != std::end(names))
      level = static_cast<tracelevel>(found - std::begin(names));
    else
      printer(2)
          .str("burrow: BURROW_TRACEBACK=")
          .indented(text)
          .str(": not one of none, single, all, system; using single\n");
  }
  level_now.store(level, std::memory_order_relaxed);
}

tracelevel tracelevel_now() noexcept {
  return level_now.load(std::memory_order_relaxed);
}

[[gnu::noinline]] int capture_here(std::uintptr_t* pcs, int max,
                                   int skip) noexcept {
  int n = 0;
  collector c{pcs, max, skip + 1, 0, n};  // and this function's own frame
  _Unwind_Backtrace(collect, &c);
  return n;
}

void capture_interrupted(std::uintptr_t pc, std::uintptr_t* pcs, int max,
                         int& n) noexcept {
  // One more, as for the return address of a call (collect).
  pcs[0] = pc + 1;
  n = 1;
  collector c{pcs, max, 0, pc + 1, n};
  _Unwind_Backtrace(collect, &c);
}

void set_tracenames(tracenames from) noexcept { names_from = from; }

void print_trace(printer& out, const std::uintptr_t* pcs, int n,
                 tracelevel level) noexcept {
  if (level == tracelevel::none) return;
  const int shown = std::min(n, kMaxTrace);
  const bool symbols = names_from == tracenames::symbols;
  if (!symbols || !printsymbolised(out, pcs, shown, level))
    for (int i = 0; i < shown; i++) printplain(out, pcs[i], nullptr);
  if (shown < n) out.str("...additional frames elided...\n");
}

void print_creator(printer& out, const creator& by) noexcept {
  if (by.pc == 0) return;
  if (names_from != tracenames::symbols) return printplain(out, by.pc, &by);
  std::vector<frame> frames = symbolize(by.pc);
  std::size_t at = 0;
  while (at + 1 < frames.size() && frames[at].inlined && inburrow(frames[at]))
    at++;
  frame unknown;
  frame& f = frames.empty() ? unknown : frames[at];
  if (f.module.empty()) f.moffset = by.pc;
  printcaller(out, f.function, &by);
  printplace(out, f);
}

}  // namespace burrow::rt
