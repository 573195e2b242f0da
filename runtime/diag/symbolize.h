// runtime/diag/symbolize.h - from a code address to functions and lines.
//
// Two sources, the better first: elfutils' libdwfl (dwarf.h), which reads the
// debug information and the symbol tables of the files that are mapped, and
// knows inlined calls; dladdr, which knows the dynamic symbols only. libdw is
// loaded when the first trace is printed and never linked: a program that
// does not fail does not pay for it, and one on a machine without it still
// gets function names. Nothing is asked for over the network.
//
// The files are read and parsed once; an answer is kept, because the stacks of
// many goroutines repeat each other, until a library is loaded or unloaded.
//
// Rejected: running addr2line. It needs binutils, a fork in a process that is
// failing, and a second of time for each library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace burrow::rt {

// frame is one function call at a code address.
struct frame {
  std::string function;        // demangled; empty: unknown
  std::string symbol;          // as the linker knows it; empty: unknown
  std::string file;            // source file; empty: no debug information
  int line = 0;                // in file, from 1; 0: unknown
  std::string module;          // executable or library; empty: unknown
  std::uintptr_t moffset = 0;  // of the address in the module's file
  std::uintptr_t foffset = 0;  // of the address in the function; 0: unknown
  bool inlined = false;        // part of the next frame's code
};

// symbolize returns the calls at a return address, innermost first: inlined
// ones, then the function itself. One frame with empty fields if nothing is
// known about pc, which may be any number; none if memory is exhausted.
//
// Context  any. Allocates, takes a lock of its own and the loader's, reads
//          files, blocking the thread. Never parks. A few KiB of stack do.
std::vector<frame> symbolize(std::uintptr_t pc) noexcept;

// symbolize_isolated is for a copy of a process with the calling thread alone.
// What a thread was in the midst of, this one or another, nobody will end: all is
// begun anew then.
//
// Context  such a copy, before its first symbolize.
void symbolize_isolated() noexcept;

// demangle returns the C++ name of a linker symbol ("_Z...") or of a type as
// typeid names it; std::string and std::string_view by their short names, and
// the compiler's copies of a function ("_Z....constprop.0") by the function's
// name. A text that is neither is returned as it is.
std::string demangle_symbol(const char* symbol);
std::string demangle_type(const char* type);

}  // namespace burrow::rt
