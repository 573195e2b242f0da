// sys/darwin/context_arm64.h - siginfo_t, ucontext_t and its mcontext; see
// sys/bsd/context.h. Of programs whose pointers are not signed (not arm64e).
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 8,
    .addr = 24,
    .mask = 4,
    .pc = 272,
    .sp = 264,
    .flags = 280,
    .result = 16,
    .firstarg = 104,  // x11
    .link = 256,
};
inline constexpr registeroffset kRegisters[] = {
    {"x0", 16},   {"x1", 24},   {"x2", 32},   {"x3", 40},      {"x4", 48},
    {"x5", 56},   {"x6", 64},   {"x7", 72},   {"x8", 80},      {"x9", 88},
    {"x10", 96},  {"x11", 104}, {"x12", 112}, {"x13", 120},    {"x14", 128},
    {"x15", 136}, {"x16", 144}, {"x17", 152}, {"x18", 160},    {"x19", 168},
    {"x20", 176}, {"x21", 184}, {"x22", 192}, {"x23", 200},    {"x24", 208},
    {"x25", 216}, {"x26", 224}, {"x27", 232}, {"x28", 240},    {"x29", 248},
    {"x30", 256}, {"sp", 264},  {"pc", 272},  {"pstate", 280},
};

// The context points at the machine's part of it.
inline const void* registers(const void* ctxt) noexcept {
  const void* at;
  __builtin_memcpy(&at, static_cast<const char*>(ctxt) + 48, sizeof at);
  return at;
}

// The kernel's codes do not tell who sent a signal: those of faults are taken for
// the thread's own doing, the others for somebody's.
inline bool fromuser(int sig, int) noexcept {
  return sig != 4 && sig != 5 && sig != 8 && sig != 10 && sig != 11;
}
inline bool tothread(int) noexcept { return false; }

}  // namespace burrow::sys::kernel
