// tests/abi/prog/trap_x86.h - what signals.cc asks of every register, on amd64 and
// 386. start_*.S says in which order abi_trap has them.
#pragma once

#include "tests/abi/prog/prog.h"

namespace trap {

constexpr int kWide = sizeof(void*) == 8;
constexpr int kIntregs = kWide ? 15 : 7;
constexpr int kWords = kWide ? 22 : 16;
constexpr int kFlagword = kIntregs;
// Sign, parity, and the direction, which C code wants to be clear.
constexpr std::uintptr_t kFlags = 0x202 | 0x400 | 0x80 | 0x4, kSeen = 0xcd5;
constexpr std::uintptr_t kPast = 1;  // pc, behind the instruction
constexpr int kRegs = kWide ? 18 : 10;

inline void checkorder(const sys::regvalue* regs, const std::uintptr_t* in) {
  CHECK(regs[0].name[1] == 'a' && regs[0].value == in[0]);
  CHECK(regs[1].name[1] == 'b' && regs[1].value == in[1]);
  CHECK(regs[2].name[1] == 'c' && regs[2].value == in[2]);
  CHECK(regs[3].name[1] == 'd' && regs[3].value == in[3]);
  CHECK(regs[4].value == in[5]);  // di
  CHECK(regs[5].value == in[4]);  // si
  CHECK(regs[6].value == in[6]);  // bp
  if (kWide)
    for (int i = 7; i < kIntregs; i++) CHECK(regs[i + 1].value == in[i]);
}

// What a handler may do with registers that no C code needs to keep.
inline void spoil() {
  asm volatile("pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7" ::: "xmm0", "xmm7");
}

inline void goon(void*) {}  // pc is behind the trap already

}  // namespace trap

// What burrow_sigpanic had at its stack pointer: its return address is below.
constexpr auto kOnpanic = abi_onpanic;
inline const std::uintptr_t* panicwords(std::uintptr_t frame) {
  return reinterpret_cast<const std::uintptr_t*>(frame) + 2;
}
