// runtime/diag/modules.h - which file an address of code is from, without a lock.
//
// For reports in a process where malloc's lock, or the loader's, may be held for
// good. Where the C library has _dl_find_object (glibc 2.35), which takes no lock,
// that is asked; else what was loaded at the start of the first run is known.
#pragma once

#include <cstdint>

namespace burrow::rt {

struct codeplace {
  const char* module;     // the file's name
  const char* file;       // by which it is opened
  std::uintptr_t offset;  // of the address, as in the file
};

// modules_learn notes what is loaded. Once. Not for handlers.
void modules_learn() noexcept;

// moduleof finds pc. Returns false if it is in no module, or none that is known.
//
// Context  any.
bool moduleof(std::uintptr_t pc, codeplace& place) noexcept;

}  // namespace burrow::rt
