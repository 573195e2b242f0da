// sys/bsd/edit_x86.h - what sys/bsd/sigctxt.cc knows of amd64 and 386.
#pragma once

#include "asm/signal.h"
#include "sys/bsd/context.h"
#include "sys/field.h"

namespace burrow::sys {

// The kernels do not tell the fault's address but in siginfo: where there is no
// code the pc itself is it, and nothing else can be told from the context. So: is
// the pc in the zero page, the call was to a null pointer.
inline void unjump(char* regs) noexcept {
  constexpr std::uintptr_t kZeropage = 4096;
  if (word(regs, kernel::kContext.pc) >= kZeropage) return;
  const std::uintptr_t sp = word(regs, kernel::kContext.sp);
  const std::uintptr_t pc = word(reinterpret_cast<const void*>(sp), 0);
  store(regs, kernel::kContext.pc, pc - 1);
  store(regs, kernel::kContext.sp, sp + sizeof pc);
}

// The x87 unit remembers an exception until it is told to forget it, and raises
// it again at its next instruction.
inline void forgetx87(void* ctxt) noexcept {
  char* const fp = kernel::fpstate(ctxt);
  constexpr std::size_t kStatus = 2;
  constexpr std::uint16_t kFlags = 0x80ff;
  if (fp == nullptr) return;
  const auto status = load<std::uint16_t>(fp, kStatus);
  store(fp, kStatus, static_cast<std::uint16_t>(status & ~kFlags));
}

inline void inject(void* ctxt, char* regs) noexcept {
  constexpr std::uintptr_t kDirection = 0x400;
  constexpr std::size_t kRedzone = sizeof(void*) == 8 ? 128 : 0;
  const std::uintptr_t sp = word(regs, kernel::kContext.sp);
  // Below what the code under interruption may use without saying so.
  const std::uintptr_t at = (sp - kRedzone - 32) & ~std::uintptr_t{15};
  auto* const frame = reinterpret_cast<std::uintptr_t*>(at);
  frame[0] = word(regs, kernel::kContext.pc);
  frame[1] = sp;
  store(regs, kernel::kContext.sp, at);
  store(regs, kernel::kContext.pc,
        reinterpret_cast<std::uintptr_t>(&burrow_sigpanic));
  store(regs, kernel::kContext.flags,
        word(regs, kernel::kContext.flags) & ~kDirection);
  forgetx87(ctxt);
}

// Whether a call has just failed, which the carry flag says. The code of OpenBSD's libc
// may not be read, from 7.3 on: there the flag and the result must do.
inline bool atgate(const char* regs) noexcept {
  constexpr std::uintptr_t kCarry = 1;
  if ((word(regs, kernel::kContext.flags) & kCarry) == 0) return false;
#if defined(BURROW_HOSTED) && defined(__OpenBSD__)
  return true;
#else
  const auto* pc =
      reinterpret_cast<const unsigned char*>(word(regs, kernel::kContext.pc));
  return (pc[-2] == 0x0f && pc[-1] == 0x05) ||  // syscall
         (pc[-2] == 0xcd && pc[-1] == 0x80);    // int $0x80
#endif
}

// The gate's first argument is in a register or, in 32-bit programs, a word above
// the stack pointer.
inline int firstarg(const char* regs) noexcept {
  if (sizeof(void*) == 8)
    return static_cast<int>(word(regs, kernel::kContext.firstarg));
  return load<std::int32_t>(
      reinterpret_cast<const void*>(word(regs, kernel::kContext.sp)),
      sizeof(void*));
}

}  // namespace burrow::sys
