// sys/linux/sigctxt_amd64.cc - what a handler's ucontext holds.
//
// By offsets, which the kernel's interface fixes for ever.
#include "asm/signal.h"
#include "sys/field.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kRsp = 160, kRip = 168, kEflags = 176, kFpstate = 224;
constexpr std::size_t kRdi = 104, kRax = 144, kCr2 = 216, kMask = 296;
constexpr std::uint64_t kDirection = 0x400;
constexpr std::size_t kRedzone = 128;

std::uint64_t reg(const void* ctxt, std::size_t offset) noexcept {
  return load<std::uint64_t>(ctxt, offset);
}

// The x87 unit remembers an exception until it is told to forget it, and raises
// it again at its next instruction.
void forgetx87(void* ctxt) noexcept {
  auto* const fp = load<char*>(ctxt, kFpstate);
  constexpr std::size_t kStatus = 2;
  constexpr std::uint16_t kFlags = 0x80ff;
  if (fp == nullptr) return;
  const auto status = load<std::uint16_t>(fp, kStatus);
  store(fp, kStatus, static_cast<std::uint16_t>(status & ~kFlags));
}

}  // namespace

std::uintptr_t sigctxt_pc(const void* ctxt) noexcept { return reg(ctxt, kRip); }

std::uintptr_t sigctxt_sp(const void* ctxt) noexcept { return reg(ctxt, kRsp); }

std::uint64_t sigctxt_mask(const void* ctxt) noexcept {
  return reg(ctxt, kMask);
}

int sigctxt_regs(const void* ctxt, regvalue* regs) noexcept {
  struct {
    const char* name;
    std::size_t offset;
  } static constexpr kRegs[] = {
      {"rax", 144}, {"rbx", 128}, {"rcx", 152},    {"rdx", 136}, {"rdi", 104},
      {"rsi", 112}, {"rbp", 120}, {"rsp", 160},    {"r8", 40},   {"r9", 48},
      {"r10", 56},  {"r11", 64},  {"r12", 72},     {"r13", 80},  {"r14", 88},
      {"r15", 96},  {"rip", 168}, {"rflags", 176},
  };
  int n = 0;
  for (const auto& r : kRegs) regs[n++] = {r.name, reg(ctxt, r.offset)};
  return n;
}

void sigctxt_unjump(void* ctxt) noexcept {
  if (reg(ctxt, kCr2) != reg(ctxt, kRip)) return;
  const std::uint64_t sp = reg(ctxt, kRsp);
  const auto pc = load<std::uint64_t>(reinterpret_cast<const void*>(sp), 0);
  store(ctxt, kRip, pc - 1);
  store(ctxt, kRsp, sp + sizeof pc);
}

bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept {
  const std::uint64_t pc = reg(ctxt, kRip);
  const std::uint64_t sp = reg(ctxt, kRsp);
  if (sp < lo || sp - lo < room) return false;
  // Below what the code under interruption may use without saying so.
  const std::uint64_t at = (sp - kRedzone - 32) & ~std::uint64_t{15};
  auto* const frame = reinterpret_cast<std::uint64_t*>(at);
  frame[0] = pc;
  frame[1] = sp;
  store(ctxt, kRsp, at);
  store(ctxt, kRip, reinterpret_cast<std::uint64_t>(&burrow_sigpanic));
  store(ctxt, kEflags, reg(ctxt, kEflags) & ~kDirection);
  forgetx87(ctxt);
  return true;
}

int sigctxt_writefd(const void* ctxt) noexcept {
  constexpr std::int64_t kBrokenpipe = -32;
  const auto* pc = reinterpret_cast<const unsigned char*>(reg(ctxt, kRip));
  if (load<std::int64_t>(ctxt, kRax) != kBrokenpipe) return -1;
  if (pc[-2] != 0x0f || pc[-1] != 0x05) return -1;  // syscall
  return static_cast<int>(reg(ctxt, kRdi));
}

}  // namespace burrow::sys
