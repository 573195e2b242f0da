// tests/abi/prog/trap_arm64.h - what signals.cc asks of every register, on arm64.
// start_arm64.S says in which order abi_trap has them.
#pragma once

#include "sys/bsd/context.h"
#include "sys/field.h"
#include "tests/abi/prog/prog.h"

namespace trap {

constexpr int kIntregs = 30;  // all but x18
constexpr int kWords = 31 + 64;
constexpr int kFlagword = kIntregs;
constexpr std::uintptr_t kFlags = 0xa0000000, kSeen = 0xf0000000;  // N, C
constexpr std::uintptr_t kPast = 0;  // pc, at the instruction
constexpr int kRegs = 34;

inline void checkorder(const sys::regvalue* regs, const std::uintptr_t* in) {
  for (int i = 0; i < kIntregs; i++) CHECK(regs[i + (i > 17)].value == in[i]);
  CHECK(regs[9].name[1] == '9' && regs[10].name[1] == '1');
  CHECK(regs[31].name[0] == 's' && regs[32].name[0] == 'p');
  CHECK((regs[33].value & kSeen) == kFlags);
}

// What a handler may do with registers that no C code needs to keep.
inline void spoil() {
  asm volatile("movi v0.2d, #0; movi v8.2d, #0; movi v31.2d, #0" ::
                   : "v0", "v8", "v31");
}

inline void goon(void* ctxt) {
  using namespace sys;
  char* const regs =
      const_cast<char*>(static_cast<const char*>(kernel::registers(ctxt)));
  store(regs, kernel::kContext.pc, word(regs, kernel::kContext.pc) + 4);
}

}  // namespace trap

// What burrow_sigpanic had at its stack pointer.
extern "C" {
void abi_panicked();
extern std::uintptr_t abi_panicsp;
}
constexpr auto kOnpanic = abi_panicked;
inline const std::uintptr_t* panicwords(std::uintptr_t) {
  return reinterpret_cast<const std::uintptr_t*>(abi_panicsp);
}
