// runtime/os/libc_elf.h - what an ELF loader tells of an object: Linux, OpenBSD.
#pragma once

#include <link.h>

#include <algorithm>

#include "runtime/os/libc.h"

namespace burrow::rt {

// elfobject is the object of that name, the program or not, that dl_iterate_phdr has
// come to.
inline loadedobject elfobject(const dl_phdr_info& info, const char* name,
                              bool program) noexcept {
  loadedobject o{name, program, info.dlpi_addr, ~std::uintptr_t{0}, 0, 0};
  for (int i = 0; i < info.dlpi_phnum; i++) {
    const auto& s = info.dlpi_phdr[i];
    if (s.p_type == PT_TLS) o.tlsbytes = s.p_memsz + s.p_align;
    if (s.p_type != PT_LOAD) continue;
    const std::uintptr_t at = info.dlpi_addr + s.p_vaddr;
    o.low = std::min<std::uintptr_t>(o.low, at);
    o.high = std::max<std::uintptr_t>(o.high, at + s.p_memsz);
  }
  return o;
}

}  // namespace burrow::rt
