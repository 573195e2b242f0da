// runtime/diag/symtab_darwin.cc - symtab.h where files are not ELF: no names.
#include "runtime/diag/symtab.h"

namespace burrow::rt {

const char* symtabname(const char*, std::uintptr_t) noexcept { return nullptr; }

}  // namespace burrow::rt
