// sys/bsd/sigctxt.cc - what a handler's siginfo and context hold.
//
// By offsets, from the system's table for this processor (sys/bsd/context.h).
#include <cstddef>

#include "asm/signal.h"
#include "sys/bsd/context.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

using kernel::kContext;

constexpr std::uintptr_t kDirection = 0x400;
constexpr std::size_t kRedzone = sizeof(void*) == 8 ? 128 : 0;

template <typename T>
T load(const void* at, std::size_t offset) noexcept {
  T value;
  __builtin_memcpy(&value, static_cast<const char*>(at) + offset, sizeof value);
  return value;
}

template <typename T>
void store(void* at, std::size_t offset, T value) noexcept {
  __builtin_memcpy(static_cast<char*>(at) + offset, &value, sizeof value);
}

std::uintptr_t word(const void* at, std::size_t offset) noexcept {
  return load<std::uintptr_t>(at, offset);
}

// Where the registers are.
char* regsof(const void* ctxt) noexcept {
  return const_cast<char*>(static_cast<const char*>(kernel::registers(ctxt)));
}

// The x87 unit remembers an exception until it is told to forget it, and raises
// it again at its next instruction.
void forgetx87(void* ctxt) noexcept {
  char* const fp = kernel::fpstate(ctxt);
  constexpr std::size_t kStatus = 2;
  constexpr std::uint16_t kFlags = 0x80ff;
  if (fp == nullptr) return;
  const auto status = load<std::uint16_t>(fp, kStatus);
  store(fp, kStatus, static_cast<std::uint16_t>(status & ~kFlags));
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

// The kernels do not tell the fault's address but in siginfo: where there is no
// code the pc itself is it, and nothing else can be told from the context. So: is
// the pc in the zero page, the call was to a null pointer.
void sigctxt_unjump(void* ctxt) noexcept {
  constexpr std::uintptr_t kZeropage = 4096;
  char* const regs = regsof(ctxt);
  if (word(regs, kContext.pc) >= kZeropage) return;
  const std::uintptr_t sp = word(regs, kContext.sp);
  const std::uintptr_t pc = word(reinterpret_cast<const void*>(sp), 0);
  store(regs, kContext.pc, pc - 1);
  store(regs, kContext.sp, sp + sizeof pc);
}

bool sigctxt_inject(void* ctxt, std::uintptr_t lo, std::size_t room) noexcept {
  char* const regs = regsof(ctxt);
  const std::uintptr_t pc = word(regs, kContext.pc);
  const std::uintptr_t sp = word(regs, kContext.sp);
  if (sp < lo || sp - lo < room) return false;
  // Below what the code under interruption may use without saying so.
  const std::uintptr_t at = (sp - kRedzone - 32) & ~std::uintptr_t{15};
  auto* const frame = reinterpret_cast<std::uintptr_t*>(at);
  frame[0] = pc;
  frame[1] = sp;
  store(regs, kContext.sp, at);
  store(regs, kContext.pc, reinterpret_cast<std::uintptr_t>(&burrow_sigpanic));
  store(regs, kContext.flags, word(regs, kContext.flags) & ~kDirection);
  forgetx87(ctxt);
  return true;
}

// The result is an error number, the carry flag says so. The gate's first argument
// is in a register or, in 32-bit programs, a word above the stack pointer.
int sigctxt_writefd(const void* ctxt) noexcept {
  constexpr std::uintptr_t kBrokenpipe = 32, kCarry = 1;
  const char* const regs = regsof(ctxt);
  const auto* pc = reinterpret_cast<const unsigned char*>(sigctxt_pc(ctxt));
  if ((word(regs, kContext.flags) & kCarry) == 0) return -1;
  if (word(regs, kContext.result) != kBrokenpipe) return -1;
  const bool gate = (pc[-2] == 0x0f && pc[-1] == 0x05) ||  // syscall
                    (pc[-2] == 0xcd && pc[-1] == 0x80);    // int $0x80
  if (!gate) return -1;
  if (sizeof(void*) == 8)
    return static_cast<int>(word(regs, kContext.firstarg));
  return load<std::int32_t>(
      reinterpret_cast<const void*>(word(regs, kContext.sp)), sizeof(void*));
}

}  // namespace burrow::sys
