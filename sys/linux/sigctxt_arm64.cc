// sys/linux/sigctxt_arm64.cc - what a handler's ucontext holds.
//
// By offsets, which the kernel's interface fixes for ever.
#include "asm/asm.h"
#include "asm/signal.h"
#include "sys/field.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kMask = 40, kFault = 176, kX0 = 184;
constexpr std::size_t kX9 = kX0 + 9 * 8, kX30 = kX0 + 30 * 8;
constexpr std::size_t kSp = 432, kPc = 440, kPstate = 448;

std::uint64_t reg(const void* ctxt, std::size_t offset) noexcept {
  return load<std::uint64_t>(ctxt, offset);
}

}  // namespace

std::uintptr_t sigctxt_pc(const void* ctxt) noexcept { return reg(ctxt, kPc); }

std::uintptr_t sigctxt_sp(const void* ctxt) noexcept { return reg(ctxt, kSp); }

std::uint64_t sigctxt_mask(const void* ctxt) noexcept {
  return reg(ctxt, kMask);
}

int sigctxt_regs(const void* ctxt, regvalue* regs) noexcept {
  static constexpr const char* kNames[] = {
      "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",    "x7",  "x8",
      "x9",  "x10", "x11", "x12", "x13", "x14", "x15",   "x16", "x17",
      "x18", "x19", "x20", "x21", "x22", "x23", "x24",   "x25", "x26",
      "x27", "x28", "x29", "x30", "sp",  "pc",  "pstate"};
  static_assert(kX0 + 31 * 8 == kSp && kSp + 16 == kPstate);
  int n = 0;
  for (const char* name : kNames) {
    regs[n] = {name, reg(ctxt, kX0 + static_cast<std::size_t>(n) * 8)};
    n++;
  }
  return n;
}

void sigctxt_unjump(void* ctxt) noexcept {
  constexpr std::uint64_t kInstruction = 4;
  if (reg(ctxt, kFault) != reg(ctxt, kPc)) return;
  store(ctxt, kPc, reg(ctxt, kX30) - kInstruction);
}

bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept {
  const std::uint64_t pc = reg(ctxt, kPc);
  const std::uint64_t sp = reg(ctxt, kSp);
  if (sp < lo || sp - lo < room) return false;
  const std::uint64_t at = (sp - 32) & ~std::uint64_t{15};
  auto* const frame = reinterpret_cast<std::uint64_t*>(at);
  frame[0] = pc;
  frame[1] = sp;
  frame[2] = reg(ctxt, kX30);
  store(ctxt, kSp, at);
  store(ctxt, kPc, reinterpret_cast<std::uint64_t>(&burrow_sigpanic));
  return true;
}

// The result is where the descriptor was. Our own gate keeps it in x9; of libc's
// it cannot be told.
int sigctxt_writefd(const void* ctxt) noexcept {
  constexpr std::int64_t kBrokenpipe = -32;
  constexpr std::uint64_t kGateBytes = 48;
  const auto gate = reinterpret_cast<std::uint64_t>(&burrow_syscall6);
  if (load<std::int64_t>(ctxt, kX0) != kBrokenpipe) return -1;
  if (reg(ctxt, kPc) - gate >= kGateBytes) return -1;
  return static_cast<int>(reg(ctxt, kX9));
}

}  // namespace burrow::sys
