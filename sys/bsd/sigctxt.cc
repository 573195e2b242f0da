// sys/bsd/sigctxt.cc - what a handler's siginfo and context hold.
//
// By offsets, from the system's table for this processor (sys/bsd/context.h); what is
// changed in a context, or read from the interrupted code, is in edit_*.h.
#ifdef __aarch64__
#include "sys/bsd/edit_arm64.h"
#else
#include "sys/bsd/edit_x86.h"
#endif
#include "sys/sig.h"

namespace burrow::sys {

namespace {

using kernel::kContext;

// Where the registers are.
char* regsof(const void* ctxt) noexcept {
  return const_cast<char*>(static_cast<const char*>(kernel::registers(ctxt)));
}

}  // namespace

int siginfo_code(const void* info) noexcept {
  return load<std::int32_t>(info, kContext.code);
}

bool siginfo_fromuser(const void* info) noexcept {
  return kernel::fromuser(load<std::int32_t>(info, 0), siginfo_code(info));
}

bool siginfo_tothread(const void* info) noexcept {
  return kernel::tothread(siginfo_code(info));
}

std::uintptr_t siginfo_addr(const void* info) noexcept {
  return word(info, kContext.addr);
}

std::uintptr_t sigctxt_pc(const void* ctxt) noexcept {
  return word(regsof(ctxt), kContext.pc);
}

std::uintptr_t sigctxt_sp(const void* ctxt) noexcept {
  return word(regsof(ctxt), kContext.sp);
}

std::uint64_t sigctxt_mask(const void* ctxt) noexcept {
  return load<std::uint32_t>(ctxt, kContext.mask);
}

int sigctxt_regs(const void* ctxt, regvalue* regs) noexcept {
  int n = 0;
  for (const auto& r : kernel::kRegisters)
    regs[n++] = {r.name, word(regsof(ctxt), r.offset)};
  return n;
}

void sigctxt_unjump(void* ctxt) noexcept { unjump(regsof(ctxt)); }

bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept {
  const std::uintptr_t sp = sigctxt_sp(ctxt);
  if (sp < lo || sp - lo < room) return false;
  inject(ctxt, regsof(ctxt));
  return true;
}

// The result is an error number.
int sigctxt_writefd(const void* ctxt) noexcept {
  constexpr std::uintptr_t kBrokenpipe = 32;
  const char* const regs = regsof(ctxt);
  if (!atgate(regs) || word(regs, kContext.result) != kBrokenpipe) return -1;
  return firstarg(regs);
}

}  // namespace burrow::sys
