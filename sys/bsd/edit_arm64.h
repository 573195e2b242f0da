// sys/bsd/edit_arm64.h - what sys/bsd/sigctxt.cc knows of arm64.
#pragma once

#include "asm/bsd.h"
#include "asm/signal.h"
#include "sys/bsd/context.h"
#include "sys/field.h"

namespace burrow::sys {

// As edit_x86.h; the caller is in x30.
inline void unjump(char* regs) noexcept {
  constexpr std::uintptr_t kZeropage = 4096, kInstruction = 4;
  if (word(regs, kernel::kContext.pc) >= kZeropage) return;
  store(regs, kernel::kContext.pc,
        word(regs, kernel::kContext.link) - kInstruction);
}

inline void inject(void*, char* regs) noexcept {
  // The bits that say that an indirect branch has just been made.
  constexpr std::uintptr_t kBtype = 0xc00;
#ifdef __APPLE__
  constexpr std::size_t kRedzone = 128;
#else
  constexpr std::size_t kRedzone = 0;
#endif
  const std::uintptr_t sp = word(regs, kernel::kContext.sp);
  const std::uintptr_t at = (sp - kRedzone - 32) & ~std::uintptr_t{15};
  auto* const frame = reinterpret_cast<std::uintptr_t*>(at);
  frame[0] = word(regs, kernel::kContext.pc);
  frame[1] = sp;
  frame[2] = word(regs, kernel::kContext.link);
  store(regs, kernel::kContext.sp, at);
  store(regs, kernel::kContext.pc,
        reinterpret_cast<std::uintptr_t>(&burrow_sigpanic));
  store(regs, kernel::kContext.flags,
        word(regs, kernel::kContext.flags) & ~kBtype);
}

// Whether a call of our own gate has just failed, which the carry flag says: what
// libc's has overwritten cannot be told.
inline bool atgate(const char* regs) noexcept {
  constexpr std::uintptr_t kCarry = 1U << 29, kGateBytes = 72;
  if ((word(regs, kernel::kContext.flags) & kCarry) == 0) return false;
  const auto gate = reinterpret_cast<std::uintptr_t>(&burrow_bsdcall);
  return word(regs, kernel::kContext.pc) - gate < kGateBytes;
}

inline int firstarg(const char* regs) noexcept {
  return static_cast<int>(word(regs, kernel::kContext.firstarg));
}

}  // namespace burrow::sys
