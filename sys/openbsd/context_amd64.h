// sys/openbsd/context_amd64.h - siginfo_t and struct sigcontext; see
// sys/bsd/context.h.
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 4,
    .addr = 16,
    .mask = 220,
    .pc = 168,
    .sp = 192,
    .flags = 184,
    .result = 112,
    .firstarg = 0,
};
inline constexpr registeroffset kRegisters[] = {
    {"rax", 112}, {"rbx", 104}, {"rcx", 24},     {"rdx", 16}, {"rdi", 0},
    {"rsi", 8},   {"rbp", 96},  {"rsp", 192},    {"r8", 32},  {"r9", 40},
    {"r10", 48},  {"r11", 56},  {"r12", 64},     {"r13", 72}, {"r14", 80},
    {"r15", 88},  {"rip", 168}, {"rflags", 184},
};

inline const void* registers(const void* ctxt) noexcept { return ctxt; }

inline char* fpstate(const void* ctxt) noexcept {
  char* at;
  __builtin_memcpy(&at, static_cast<const char*>(ctxt) + 208, sizeof at);
  return at;
}

inline bool fromuser(int, int code) noexcept { return code <= 0; }
inline bool tothread(int code) noexcept { return code == -1; }  // SI_LWP

}  // namespace burrow::sys::kernel
