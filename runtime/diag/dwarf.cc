// runtime/diag/dwarf.cc - libdwfl on the running process.
//
// The modules are those the loader knows (dl_iterate_phdr), told to libdwfl
// with their addresses; it opens a file only when an address in it is asked
// for. A file is found by its path, the executable by /proc/self/exe, separate
// debug information where Debian puts it. elfutils' client for debug
// information servers, which its own callbacks would call, is not reached: see
// finddebuginfo.
//
// Rejected: dwfl_linux_proc_report. It reads /proc/self/maps, which is not
// always mounted and may have tens of thousands of lines, one a stack.
#include "runtime/diag/dwarf.h"

#ifdef BURROW_HAVE_LIBDW
#include <dwarf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/diag/libdw.h"
#include "runtime/os/libc.h"
#endif

namespace burrow::rt {

#ifndef BURROW_HAVE_LIBDW

bool dwarf_symbolize(std::uintptr_t, std::vector<frame>&) { return false; }

void dwarf_restart() noexcept {}

#else

namespace {

// All state of this file; guarded by symbolize's lock.
enum class library { untried, loaded, missing };
library have = library::untried;
libdw dw;
Dwfl* session = nullptr;
std::uint64_t reported = ~0ull;  // loadedmodules() of the session's modules
char exepath[PATH_MAX];  // of the executable; its name among the modules

// findelf opens a module's file; -1 if it has none (the vDSO).
int findelf(Dwfl_Module*, void**, const char* name, Dwarf_Addr, char** filename,
            Elf**) {
  if (std::strchr(name, '/') == nullptr) return -1;
  // By its link the executable is found even when its path was replaced.
  const char* path = std::strcmp(name, exepath) == 0 ? "/proc/self/exe" : name;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) *filename = strdup(name);
  return fd;
}

// finddebuginfo looks for a module's separate debug information, on this
// machine only: libdwfl's standard search ends by asking the servers in
// DEBUGINFOD_URLS, so where that is set only the search by build id is made.
int finddebuginfo(Dwfl_Module* mod, void** data, const char* name,
                  Dwarf_Addr base, const char* file, const char* link,
                  GElf_Word crc, char** found) {
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  const auto find = urls == nullptr || *urls == 0
                        ? dw.dwfl_standard_find_debuginfo
                        : dw.dwfl_build_id_find_debuginfo;
  return find(mod, data, name, base, file, link, crc, found);
}

// reportmodule tells libdwfl one module of the loader's list.
int reportmodule(dl_phdr_info* info, std::size_t, void*) {
  std::uintptr_t low = 0, high = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& ph = info->dlpi_phdr[i];
    if (ph.p_type != PT_LOAD) continue;
    if (high == 0) low = ph.p_vaddr & ~(ph.p_align - 1);
    high = (ph.p_vaddr + ph.p_memsz + ph.p_align - 1) & ~(ph.p_align - 1);
  }
  const bool exe = info->dlpi_name == nullptr || *info->dlpi_name == 0;
  const char* name = exe ? exepath : info->dlpi_name;
  if (high > low)
    dw.dwfl_report_module(session, name, info->dlpi_addr + low,
                          info->dlpi_addr + high);
  return 0;
}

// refresh makes the session's modules those that are loaded now. Returns false
// if there is no libdw; it looks for it once.
bool refresh() noexcept {
  static char paths[] = ":.debug:/usr/lib/debug";
  static char* path = paths;
  static const Dwfl_Callbacks callbacks = {findelf, finddebuginfo, nullptr,
                                           &path};
  if (have == library::untried)
    have = dw.load() ? library::loaded : library::missing;
  if (have == library::missing) return false;
  if (session == nullptr) {
    const ssize_t n = readlink("/proc/self/exe", exepath, sizeof exepath - 1);
    exepath[n > 0 ? n : 0] = 0;
    session = dw.dwfl_begin(&callbacks);
    if (session == nullptr) return false;
  }
  const std::uint64_t now = loadedmodules();
  if (now == reported) return true;
  reported = now;
  dw.dwfl_report_begin(session);
  dl_iterate_phdr(reportmodule, nullptr);
  return dw.dwfl_report_end(session, nullptr, nullptr) == 0;
}

// scopelist is an array that libdw allocated.
struct scopelist {
  std::unique_ptr<Dwarf_Die, decltype(&std::free)> dies{nullptr, &std::free};
  int n = 0;

  void take(Dwarf_Die* array, int size) {
    if (size <= 0) return;
    dies.reset(array);
    n = size;
  }
  Dwarf_Die* at(int i) const { return dies.get() + i; }
};

scopelist enclosing(Dwarf_Die* die) {
  scopelist scopes;
  Dwarf_Die* array = nullptr;
  const int n = dw.dwarf_getscopes_die(die, &array);
  scopes.take(array, n);
  return scopes;
}

// Where codescopes looks for functions: a definition seldom stands inside
// another function, and most entries are in functions.
enum class where { outside_functions, everywhere };

// codescopes appends the functions and inlined calls at addr in the machine
// code under `die`, outermost first. Returns whether there are any.
//
// Not dwarf_getscopes: it does not look into namespaces, in which clang defines
// functions, and goes from an inlined call to the scopes of its definition.
bool codescopes(Dwarf_Die* die, Dwarf_Addr addr, where look,
                std::vector<Dwarf_Die>& found) {
  Dwarf_Die child;
  if (dw.dwarf_child(die, &child) != 0) return false;
  do {
    const int tag = dw.dwarf_tag(&child);
    const bool function =
        tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
    if (function && dw.dwarf_haspc(&child, addr) == 1) {
      found.push_back(child);
      codescopes(&child, addr, where::everywhere, found);
      return true;
    }
    if (function && look == where::outside_functions) continue;
    if (codescopes(&child, addr, look, found)) return true;
  } while (dw.dwarf_siblingof(&child, &child) == 0);
  return false;
}

std::vector<Dwarf_Die> codescopes(Dwarf_Die* cu, Dwarf_Addr addr) {
  std::vector<Dwarf_Die> found;
  if (!codescopes(cu, addr, where::outside_functions, found))
    codescopes(cu, addr, where::everywhere, found);
  return found;
}

const char* stringattr(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attr;
  if (dw.dwarf_attr_integrate(die, name, &attr) == nullptr) return nullptr;
  return dw.dwarf_formstring(&attr);
}

unsigned long numberattr(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attr;
  Dwarf_Word value = 0;
  if (dw.dwarf_attr_integrate(die, name, &attr) == nullptr) return 0;
  return dw.dwarf_formudata(&attr, &value) == 0 ? value : 0;
}

// declaration follows an inlined or out-of-line copy to where the function
// was first named, inside its namespaces and classes.
Dwarf_Die declaration(Dwarf_Die die) {
  for (int hops = 0; hops < 8; hops++) {
    Dwarf_Attribute attr;
    if (dw.dwarf_attr(&die, DW_AT_abstract_origin, &attr) == nullptr &&
        dw.dwarf_attr(&die, DW_AT_specification, &attr) == nullptr)
      break;
    Dwarf_Die next;
    if (dw.dwarf_formref_die(&attr, &next) == nullptr) break;
    die = next;
  }
  return die;
}

const char* linkersymbol(Dwarf_Die* die) {
  const char* symbol = stringattr(die, DW_AT_linkage_name);
  if (symbol != nullptr) return symbol;
  return stringattr(die, DW_AT_MIPS_linkage_name);
}

// scopename is what a scope without a symbol adds to a qualified name.
std::string scopename(Dwarf_Die* die) {
  if (const char* name = dw.dwarf_diename(die)) return name;
  const bool space = dw.dwarf_tag(die) == DW_TAG_namespace;
  return space ? "(anonymous namespace)" : "{lambda}";
}

std::string qualifiedname(Dwarf_Die* die);

std::string functionname(Dwarf_Die* die) {
  const char* symbol = linkersymbol(die);
  return symbol != nullptr ? demangle_symbol(symbol) : qualifiedname(die);
}

// qualifiedname builds the name of a function that has no linker symbol, such
// as a lambda's operator(), from the names of the scopes around it. A local
// entity's begins with the name of the function it is in.
std::string qualifiedname(Dwarf_Die* die) {
  Dwarf_Die named = declaration(*die);
  const scopelist scopes = enclosing(&named);
  std::string name = scopename(&named);
  for (int i = 1; i < scopes.n; i++) {
    const int tag = dw.dwarf_tag(scopes.at(i));
    if (tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit) break;
    if (tag == DW_TAG_lexical_block) continue;
    if (tag == DW_TAG_subprogram)
      return functionname(scopes.at(i)) + "::" + name;
    name = scopename(scopes.at(i)) + "::" + name;
  }
  return name;
}

// namefunction fills f's function and symbol from a function's entry.
void namefunction(Dwarf_Die* die, frame& f) {
  if (const char* symbol = linkersymbol(die)) f.symbol = symbol;
  f.function = functionname(die);
}

// position is a place in the source.
struct position {
  const char* file = nullptr;
  int line = 0;
};

position lineof(Dwarf_Die* cu, Dwarf_Addr addr) {
  position pos;
  Dwarf_Line* line = dw.dwarf_getsrc_die(cu, addr);
  if (line == nullptr) return pos;
  pos.file = dw.dwarf_linesrc(line, nullptr, nullptr);
  dw.dwarf_lineno(line, &pos.line);
  return pos;
}

position callsite(Dwarf_Die* cu, Dwarf_Die* inlinedcall) {
  position pos;
  Dwarf_Files* files = nullptr;
  if (dw.dwarf_getsrcfiles(cu, &files, nullptr) != 0) return pos;
  pos.file = dw.dwarf_filesrc(files, numberattr(inlinedcall, DW_AT_call_file),
                              nullptr, nullptr);
  pos.line = static_cast<int>(numberattr(inlinedcall, DW_AT_call_line));
  return pos;
}

// setposition fills f's file and line. A file's name may be relative to the
// directory that the compiler ran in.
void setposition(frame& f, const position& pos, Dwarf_Die* cu) {
  if (pos.file == nullptr) return;
  std::filesystem::path file(pos.file);
  const char* dir = stringattr(cu, DW_AT_comp_dir);
  if (dir != nullptr) file = dir / file;  // an absolute name stays as it is
  f.file = file.lexically_normal();
  f.line = pos.line;
}

// findcu returns the compilation unit of addr. Not every compiler writes the
// index that dwfl_module_addrdie uses; without it every unit is asked.
Dwarf_Die* findcu(Dwfl_Module* mod, Dwarf_Addr addr, Dwarf_Addr* bias) {
  Dwarf_Die* cu = dw.dwfl_module_addrdie(mod, addr, bias);
  if (cu != nullptr) return cu;
  while ((cu = dw.dwfl_module_nextcu(mod, cu, bias)) != nullptr)
    if (dw.dwarf_haspc(cu, addr - *bias) == 1) break;
  return cu;
}

// fromdebuginfo appends the frames that debug information has for addr, the
// function itself last. Without a function entry, one frame with the line only.
void fromdebuginfo(Dwfl_Module* mod, Dwarf_Addr addr, frame base,
                   std::vector<frame>& frames) {
  Dwarf_Addr bias = 0;
  Dwarf_Die* cu = findcu(mod, addr, &bias);
  if (cu != nullptr) {
    position pos = lineof(cu, addr - bias);
    std::vector<Dwarf_Die> scopes = codescopes(cu, addr - bias);
    for (std::size_t i = scopes.size(); i-- > 1;) {
      frame& f = frames.emplace_back(base);
      f.inlined = true;
      setposition(f, pos, cu);
      namefunction(&scopes[i], f);
      pos = callsite(cu, &scopes[i]);
    }
    setposition(base, pos, cu);
    if (!scopes.empty()) {
      namefunction(&scopes[0], base);
      Dwarf_Addr entry = 0;
      if (dw.dwarf_lowpc(&scopes[0], &entry) == 0)
        base.foffset = addr + 1 - (entry + bias);
    }
  }
  frames.push_back(std::move(base));
}

// fromsymbols fills the function of f from the module's symbol table, where
// debug information had no name or none that is complete.
void fromsymbols(Dwfl_Module* mod, Dwarf_Addr addr, frame& f) {
  GElf_Off offset = 0;
  GElf_Sym sym;
  const char* name = dw.dwfl_module_addrinfo(mod, addr, &offset, &sym, nullptr,
                                             nullptr, nullptr);
  if (name == nullptr) return;
  f.foffset = offset + 1;
  if (!f.symbol.empty()) return;
  f.symbol = name;
  f.function = demangle_symbol(name);
}

}  // namespace

void dwarf_restart() noexcept {
  have = library::untried;
  session = nullptr;
  reported = ~0ull;
}

bool dwarf_symbolize(std::uintptr_t pc, std::vector<frame>& frames) {
  if (!refresh()) return false;
  const Dwarf_Addr addr = pc - 1;  // in the call, not after it
  Dwfl_Module* mod = dw.dwfl_addrmodule(session, addr);
  if (mod == nullptr) return false;
  frame base;
  Dwarf_Addr start = 0, bias = 0;
  base.module = dw.dwfl_module_info(mod, nullptr, &start, nullptr, nullptr,
                                    nullptr, nullptr, nullptr);
  if (dw.dwfl_module_getelf(mod, &bias) == nullptr) bias = start;
  base.moffset = pc - bias;
  fromdebuginfo(mod, addr, std::move(base), frames);
  fromsymbols(mod, addr, frames.back());
  return true;
}

#endif  // BURROW_HAVE_LIBDW

}  // namespace burrow::rt
