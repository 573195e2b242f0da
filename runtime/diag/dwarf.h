// runtime/diag/dwarf.h - symbolising by elfutils' libdwfl; see symbolize.h.
//
// Private to symbolize.cc, which serialises the calls and gives them a stack.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/diag/symbolize.h"

namespace burrow::rt {

// dwarf_symbolize appends the frames at the return address pc, innermost
// first. Returns false, and appends nothing, if libdw is not there or knows
// no module at pc. Throws std::bad_alloc.
//
// Context  any, one call at a time, on a stack with 256 KiB left.
bool dwarf_symbolize(std::uintptr_t pc, std::vector<frame>& frames);

// dwarf_restart forgets all that dwarf_symbolize knows, without a look at it.
void dwarf_restart() noexcept;

}  // namespace burrow::rt
