// sys/linux/vdso.h - the functions that the kernel maps into every process.
#pragma once

namespace burrow::sys {

// vdsosymbol returns the address of the vDSO's function called name, or nullptr
// if there is no vDSO, or none that can be found, or no such function in it.
//
// Context  any; reads a file and much memory: keep the answer.
void* vdsosymbol(const char* name) noexcept;

}  // namespace burrow::sys
