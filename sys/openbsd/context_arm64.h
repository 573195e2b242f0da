// sys/openbsd/context_arm64.h - siginfo_t and struct sigcontext; see
// sys/bsd/context.h.
#pragma once

#include "sys/bsd/offsets.h"

namespace burrow::sys::kernel {

inline constexpr contextoffsets kContext = {
    .code = 4,
    .addr = 16,
    .mask = 4,
    .pc = 24,
    .sp = 8,
    .flags = 32,
    .result = 40,
    .firstarg = 128,  // x11
    .link = 16,
};
inline constexpr registeroffset kRegisters[] = {
    {"x0", 40},   {"x1", 48},   {"x2", 56},   {"x3", 64},     {"x4", 72},
    {"x5", 80},   {"x6", 88},   {"x7", 96},   {"x8", 104},    {"x9", 112},
    {"x10", 120}, {"x11", 128}, {"x12", 136}, {"x13", 144},   {"x14", 152},
    {"x15", 160}, {"x16", 168}, {"x17", 176}, {"x18", 184},   {"x19", 192},
    {"x20", 200}, {"x21", 208}, {"x22", 216}, {"x23", 224},   {"x24", 232},
    {"x25", 240}, {"x26", 248}, {"x27", 256}, {"x28", 264},   {"x29", 272},
    {"x30", 16},  {"sp", 8},    {"pc", 24},   {"pstate", 32},
};

inline const void* registers(const void* ctxt) noexcept { return ctxt; }

inline bool fromuser(int, int code) noexcept { return code <= 0; }
inline bool tothread(int code) noexcept { return code == -1; }  // SI_LWP

}  // namespace burrow::sys::kernel
