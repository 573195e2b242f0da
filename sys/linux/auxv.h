// sys/linux/auxv.h - what the kernel tells a program at its start.
#pragma once

#include <cstdint>

namespace burrow::sys {

// auxval returns the entry of that type (AT_ in <elf.h>) of the auxiliary vector;
// 0 if there is none. From /proc, for this layer runs where there is no libc that
// could be asked.
//
// Context  any; reads a file: keep the answer.
std::uintptr_t auxval(std::uintptr_t type) noexcept;

}  // namespace burrow::sys
