// sys/darwin/context_386.h - siginfo_t, ucontext_t and its mcontext; see
// sys/bsd/context.h.
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 8,
    .addr = 24,
    .mask = 4,
    .pc = 52,
    .sp = 40,
    .flags = 48,
    .result = 12,
    .firstarg = 0,
};
inline constexpr registeroffset kRegisters[] = {
    {"eax", 12}, {"ebx", 16}, {"ecx", 20}, {"edx", 24}, {"edi", 28},
    {"esi", 32}, {"ebp", 36}, {"esp", 40}, {"eip", 52}, {"eflags", 48},
};

// The context points at the machine's part of it.
inline const void* registers(const void* ctxt) noexcept {
  const void* at;
  __builtin_memcpy(&at, static_cast<const char*>(ctxt) + 28, sizeof at);
  return at;
}

// Behind the registers: two words, then what FXSAVE stores.
inline char* fpstate(const void* ctxt) noexcept {
  return const_cast<char*>(static_cast<const char*>(registers(ctxt))) + 84;
}

// The kernel's codes do not tell who sent a signal: those of faults are taken for
// the thread's own doing, the others for somebody's.
inline bool fromuser(int sig, int) noexcept {
  return sig != 4 && sig != 5 && sig != 8 && sig != 10 && sig != 11;
}
inline bool tothread(int) noexcept { return false; }

}  // namespace burrow::sys::kernel
