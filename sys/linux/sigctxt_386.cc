// sys/linux/sigctxt_386.cc - what a handler's ucontext holds.
//
// By offsets, which the kernel's interface fixes for ever.
#include "asm/signal.h"
#include "sys/field.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kEsp = 48, kEbx = 52, kEax = 64, kEip = 76;
constexpr std::size_t kEflags = 84, kFpstate = 96, kCr2 = 104, kMask = 108;
constexpr std::uint32_t kDirection = 0x400;

std::uint32_t reg(const void* ctxt, std::size_t offset) noexcept {
  return load<std::uint32_t>(ctxt, offset);
}

// The x87 unit remembers an exception until it is told to forget it, and raises
// it again at its next instruction.
void forgetx87(void* ctxt) noexcept {
  auto* const fp = load<char*>(ctxt, kFpstate);
  constexpr std::size_t kStatus = 4;
  constexpr std::uint16_t kFlags = 0x80ff;
  if (fp == nullptr) return;
  const auto status = load<std::uint16_t>(fp, kStatus);
  store(fp, kStatus, static_cast<std::uint16_t>(status & ~kFlags));
}

}  // namespace

std::uintptr_t sigctxt_pc(const void* ctxt) noexcept { return reg(ctxt, kEip); }

std::uintptr_t sigctxt_sp(const void* ctxt) noexcept { return reg(ctxt, kEsp); }

std::uint64_t sigctxt_mask(const void* ctxt) noexcept {
  return load<std::uint64_t>(ctxt, kMask);
}

int sigctxt_regs(const void* ctxt, regvalue* regs) noexcept {
  struct {
    const char* name;
    std::size_t offset;
  } static constexpr kRegs[] = {
      {"eax", 64}, {"ebx", 52}, {"ecx", 60}, {"edx", 56}, {"edi", 36},
      {"esi", 40}, {"ebp", 44}, {"esp", 48}, {"eip", 76}, {"eflags", 84},
  };
  int n = 0;
  for (const auto& r : kRegs) regs[n++] = {r.name, reg(ctxt, r.offset)};
  return n;
}

void sigctxt_unjump(void* ctxt) noexcept {
  if (reg(ctxt, kCr2) != reg(ctxt, kEip)) return;
  const std::uint32_t sp = reg(ctxt, kEsp);
  const auto pc = load<std::uint32_t>(reinterpret_cast<const void*>(sp), 0);
  store(ctxt, kEip, pc - 1);
  store(ctxt, kEsp, sp + std::uint32_t{sizeof pc});
}

bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept {
  const std::uint32_t pc = reg(ctxt, kEip);
  const std::uint32_t sp = reg(ctxt, kEsp);
  if (sp < lo || sp - lo < room) return false;
  const std::uint32_t at = (sp - 16) & ~std::uint32_t{15};
  auto* const frame = reinterpret_cast<std::uint32_t*>(at);
  frame[0] = pc;
  frame[1] = sp;
  frame[2] = reinterpret_cast<std::uint32_t>(burrow_sigpanicfn);
  store(ctxt, kEsp, at);
  store(ctxt, kEip, reinterpret_cast<std::uint32_t>(&burrow_sigpanic));
  store(ctxt, kEflags, reg(ctxt, kEflags) & ~kDirection);
  forgetx87(ctxt);
  return true;
}

int sigctxt_writefd(const void* ctxt) noexcept {
  constexpr std::int32_t kBrokenpipe = -32;
  const auto* pc = reinterpret_cast<const unsigned char*>(reg(ctxt, kEip));
  if (load<std::int32_t>(ctxt, kEax) != kBrokenpipe) return -1;
  if (pc[-2] != 0xcd || pc[-1] != 0x80) return -1;  // int 0x80; the vDSO's, too
  return static_cast<int>(reg(ctxt, kEbx));
}

}  // namespace burrow::sys
