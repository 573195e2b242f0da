// sys/openbsd/context_386.h - siginfo_t and struct sigcontext; see
// sys/bsd/context.h.
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 4,
    .addr = 12,
    .mask = 68,
    .pc = 44,
    .sp = 56,
    .flags = 52,
    .result = 40,
    .firstarg = 0,  // on the stack
};
inline constexpr registeroffset kRegisters[] = {
    {"eax", 40}, {"ebx", 28}, {"ecx", 36}, {"edx", 32}, {"edi", 16},
    {"esi", 20}, {"ebp", 24}, {"esp", 56}, {"eip", 44}, {"eflags", 52},
};

inline const void* registers(const void* ctxt) noexcept { return ctxt; }

inline char* fpstate(const void* ctxt) noexcept {
  char* at;
  __builtin_memcpy(&at, static_cast<const char*>(ctxt) + 80, sizeof at);
  return at;
}

inline bool fromuser(int, int code) noexcept { return code <= 0; }
inline bool tothread(int code) noexcept { return code == -1; }  // SI_LWP

}  // namespace burrow::sys::kernel
