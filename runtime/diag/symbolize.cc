// runtime/diag/symbolize.cc - the cache of symbolised addresses, and dladdr.
#include "runtime/diag/symbolize.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "runtime/diag/bigstack.h"
#include "runtime/diag/dwarf.h"
#include "runtime/diag/print.h"
#include "runtime/diag/progress.h"
#include "runtime/os/libc.h"

namespace burrow::rt {
namespace {

// symcache is what symbolize remembers. It is never destroyed: a goroutine may
// fail while the process runs its static destructors. Its lock guards dwarf.cc and
// bigstack.cc, too.
struct symcache {
  static constexpr std::size_t kMaxEntries = 4096;

  ownedlock lock;
  // lock:
  std::uint64_t generation = 0;  // loadedmodules() of the entries
  std::unordered_map<std::uintptr_t, std::vector<frame>> entries;
};

std::atomic<symcache*> thecache{nullptr};

symcache& cache() {
  symcache* c = thecache.load(std::memory_order_acquire);
  if (c != nullptr) return *c;
  auto fresh = std::make_unique<symcache>();
  // acquire: another's, if one was faster.
  if (!thecache.compare_exchange_strong(
          c, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire))
    return *c;
  return *fresh.release();
}

void replaceall(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos;
       at += to.size())
    text.replace(at, from.size(), to);
}

// shorten gives std::string and std::string_view their short names.
std::string shorten(std::string name) {
  replaceall(name,
             "std::__cxx11::basic_string<char, std::char_traits<char>, "
             "std::allocator<char> >",
             "std::string");
  replaceall(name, "std::basic_string_view<char, std::char_traits<char> >",
             "std::string_view");
  replaceall(name, "std::string >", "std::string>");
  replaceall(name, "std::string_view >", "std::string_view>");
  return name;
}

// dladdrframe fills f from the dynamic symbols of the module that holds pc.
void dladdrframe(std::uintptr_t pc, frame& f) {
  Dl_info info{};
  const auto* call = reinterpret_cast<const void*>(pc - 1);
  if (dladdr(call, &info) == 0) return;
  if (info.dli_fname != nullptr) f.module = info.dli_fname;
  f.moffset = pc - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  if (info.dli_sname == nullptr) return;
  f.symbol = info.dli_sname;
  f.function = demangle_symbol(info.dli_sname);
  f.foffset = pc - reinterpret_cast<std::uintptr_t>(info.dli_saddr);
}

void lookup(std::uintptr_t pc, std::vector<frame>& frames) {
  if (pc != 0 && dwarf_symbolize(pc, frames)) return;
  frames.assign(1, frame{});
  if (pc != 0) dladdrframe(pc, frames[0]);
}

// query is a lookup on its way to the big stack, over which no exception
// can pass.
struct query {
  std::uintptr_t pc;
  std::vector<frame> frames;
  bool nomemory = false;

  static void run(void* self) noexcept {
    auto* q = static_cast<query*>(self);
    try {
      lookup(q->pc, q->frames);
    } catch (...) {
      q->nomemory = true;
    }
  }
};

std::vector<frame> cachedlookup(symcache& c, std::uintptr_t pc) {
  const std::uint64_t generation = loadedmodules();
  if (c.generation != generation || c.entries.size() >= c.kMaxEntries)
    c.entries.clear();
  c.generation = generation;
  const auto found = c.entries.find(pc);
  if (found != c.entries.end()) return found->second;
  query q{pc, {}};
  on_bigstack(query::run, &q);
  if (q.nomemory) return {};
  return c.entries.emplace(pc, std::move(q.frames)).first->second;
}

}  // namespace

std::vector<frame> symbolize(std::uintptr_t pc) noexcept {
  progress_step();
  try {
    symcache& c = cache();
    // Held by this thread already: a fault in the lines below is reported.
    // Then say what can be said without them.
    if (!c.lock.lock(threadid())) return {frame{}};
    const auto unlock = [](symcache* held) { held->lock.unlock(); };
    const std::unique_ptr<symcache, decltype(unlock)> guard(&c, unlock);
    return cachedlookup(c, pc);
  } catch (...) {
    return {};
  }
}

void symbolize_isolated() noexcept {
  symcache* c = thecache.load(std::memory_order_acquire);
  if (c == nullptr) return;
  if (c->lock.trylock(threadid())) return c->lock.unlock();
  thecache.store(nullptr, std::memory_order_release);
  dwarf_restart();
  bigstack_restart();
}

std::string demangle_type(const char* type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type, nullptr, nullptr, &status), &std::free);
  return name == nullptr ? type : shorten(name.get());
}

std::string demangle_symbol(const char* symbol) {
  // A C function's name may happen to be the code of a type: "f" is float.
  if (std::strncmp(symbol, "_Z", 2) != 0) return symbol;
  // The compiler's copy of a function (".constprop.0", ".cold") is, to a reader,
  // the function.
  return demangle_type(std::string(symbol, std::strcspn(symbol, ".")).c_str());
}

}  // namespace burrow::rt
