// sys/darwin/context_amd64.h - siginfo_t, ucontext_t and its mcontext; see
// sys/bsd/context.h.
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 8,
    .addr = 24,
    .mask = 4,
    .pc = 144,
    .sp = 72,
    .flags = 152,
    .result = 16,
    .firstarg = 48,
};
inline constexpr registeroffset kRegisters[] = {
    {"rax", 16},  {"rbx", 24},  {"rcx", 32},     {"rdx", 40},  {"rdi", 48},
    {"rsi", 56},  {"rbp", 64},  {"rsp", 72},     {"r8", 80},   {"r9", 88},
    {"r10", 96},  {"r11", 104}, {"r12", 112},    {"r13", 120}, {"r14", 128},
    {"r15", 136}, {"rip", 144}, {"rflags", 152},
};

// The context points at the machine's part of it.
inline const void* registers(const void* ctxt) noexcept {
  const void* at;
  __builtin_memcpy(&at, static_cast<const char*>(ctxt) + 48, sizeof at);
  return at;
}

// Behind the registers: two words, then what FXSAVE stores.
inline char* fpstate(const void* ctxt) noexcept {
  return const_cast<char*>(static_cast<const char*>(registers(ctxt))) + 192;
}

// The kernel's codes do not tell who sent a signal: those of faults are taken for
// the thread's own doing, the others for somebody's.
inline bool fromuser(int sig, int) noexcept {
  return sig != 4 && sig != 5 && sig != 8 && sig != 10 && sig != 11;
}
inline bool tothread(int) noexcept { return false; }

}  // namespace burrow::sys::kernel
