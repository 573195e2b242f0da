// runtime/diag/symtab.h - names of functions without memory or locks.
//
// For reports in a process whose heap is broken or locked: the symbol table is
// looked through in the mapped file. The names are the linker's, for the function
// that makes C++'s of them allocates. Separate debug information is not looked for.
#pragma once

#include <cstdint>

namespace burrow::rt {

// symtabname returns the name of the function at `address`, as in the file; null:
// there is none. It is kept mapped.
//
// Context  any, one thread at a time. Opens files.
const char* symtabname(const char* file, std::uintptr_t address) noexcept;

}  // namespace burrow::rt
