// runtime/diag/libdw.h - the functions of libdw.so.1 that dwarf.cc calls.
//
// The library is loaded when a trace is first printed; nothing is linked to it.
#pragma once

#include <dlfcn.h>
#include <elfutils/libdwfl.h>

namespace burrow::rt {

// clang-format off
#define BURROW_LIBDW(X)            \
  X(dwarf_attr)                    \
  X(dwarf_attr_integrate)          \
  X(dwarf_child)                   \
  X(dwarf_diename)                 \
  X(dwarf_filesrc)                 \
  X(dwarf_formref_die)             \
  X(dwarf_formstring)              \
  X(dwarf_formudata)               \
  X(dwarf_getscopes_die)           \
  X(dwarf_getsrc_die)              \
  X(dwarf_getsrcfiles)             \
  X(dwarf_haspc)                   \
  X(dwarf_lineno)                  \
  X(dwarf_linesrc)                 \
  X(dwarf_lowpc)                   \
  X(dwarf_siblingof)               \
  X(dwarf_tag)                     \
  X(dwfl_addrmodule)               \
  X(dwfl_begin)                    \
  X(dwfl_build_id_find_debuginfo)  \
  X(dwfl_module_addrdie)           \
  X(dwfl_module_addrinfo)          \
  X(dwfl_module_getelf)            \
  X(dwfl_module_info)              \
  X(dwfl_module_nextcu)            \
  X(dwfl_report_begin)             \
  X(dwfl_report_end)               \
  X(dwfl_report_module)            \
  X(dwfl_standard_find_debuginfo)
// clang-format on

struct libdw {
#define BURROW_FIELD(f) decltype(&::f) f = nullptr;
  BURROW_LIBDW(BURROW_FIELD)
#undef BURROW_FIELD

  // load fills the table. Returns false if the library or one of its functions
  // is missing.
  bool load() noexcept {
    void* lib = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    if (lib == nullptr) return false;
    bool all = true;
#define BURROW_LOAD(f)                                  \
  f = reinterpret_cast<decltype(&::f)>(dlsym(lib, #f)); \
  all = all && f != nullptr;
    BURROW_LIBDW(BURROW_LOAD)
#undef BURROW_LOAD
    return all;
  }
};

#undef BURROW_LIBDW

}  // namespace burrow::rt
