// tests/abi/emulator.cc - running in a space: libunicorn, and what it does not look
// at itself.
//
// Landing pads: the emulator's pages know no guard against branches, so each
// instruction is looked at before it runs.
#include <sys/mman.h>

#include <csignal>
#include <cstring>
#include <iterator>

#include "tests/abi/space.h"

namespace abibed {

namespace {

// The emulator's numbers of interrupts.
constexpr int kUndefined = 1, kCall = 2, kBreakpoint = 7;

// Kinds of branches, in pstate's two bits.
constexpr unsigned kJump16 = 1, kCalled = 2, kJump = 3, kBtypeat = 10;

// The kind of an instruction: whether it is a branch to a register, no return.
unsigned branchkind(std::uint32_t code) {
  constexpr std::uint32_t kMask = 0xfffffc1f, kBlr = 0xd63f0000;
  constexpr std::uint32_t kBr = 0xd61f0000;
  if ((code & kMask) == kBlr) return kCalled;
  if ((code & kMask) != kBr) return 0;
  const std::uint32_t reg = code >> 5 & 31;
  return reg == 16 || reg == 17 ? kJump16 : kJump;
}

// Whether a branch of that kind may land there.
bool landingpad(std::uint32_t code, unsigned kind) {
  constexpr std::uint32_t kC = 0xd503245f, kJ = 0xd503249f, kJc = 0xd50324df;
  constexpr std::uint32_t kPaciasp = 0xd503233f;
  if (code == kJc) return true;
  if (code == kJ) return kind != kCalled;
  return (code == kC || code == kPaciasp) && kind != kJump;
}

// Each register and where it is in armregisters.
struct registerlist {
  int ids[72];
  std::size_t offsets[72];
  int n = 0;
  void add(int id, std::size_t offset) {
    ids[n] = id;
    offsets[n++] = offset;
  }
  registerlist() {
    using R = armregisters;
    for (int i = 0; i < 31; i++)
      add(i < 29    ? UC_ARM64_REG_X0 + i
          : i == 29 ? UC_ARM64_REG_X29
                    : UC_ARM64_REG_X30,
          offsetof(R, x) + 8 * static_cast<std::size_t>(i));
    add(UC_ARM64_REG_SP, offsetof(R, sp));
    add(UC_ARM64_REG_PC, offsetof(R, pc));
    add(UC_ARM64_REG_NZCV, offsetof(R, pstate));
    add(UC_ARM64_REG_TPIDR_EL0, offsetof(R, tpidr));
    add(UC_ARM64_REG_TPIDRRO_EL0, offsetof(R, tpidrro));
    for (int i = 0; i < 32; i++)
      add(UC_ARM64_REG_V0 + i,
          offsetof(R, v) + 16 * static_cast<std::size_t>(i));
    add(UC_ARM64_REG_FPCR, offsetof(R, fpcr));
    add(UC_ARM64_REG_FPSR, offsetof(R, fpsr));
  }
};

}  // namespace

space::space() {
  uc_hook h;
  const auto hook = [&](int what, auto* fn) {
    if (uc_hook_add(uc_, &h, what, reinterpret_cast<void*>(fn), this, 1, 0) !=
        UC_ERR_OK)
      fail("bed: the emulator has not that hook");
  };
  if (uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &uc_) != UC_ERR_OK)
    fail("bed: no emulator");
  hook(UC_HOOK_CODE, &space::oncode);
  hook(UC_HOOK_INTR, &space::oncall);
  hook(UC_HOOK_MEM_INVALID, &space::onfault);
}

space::~space() { uc_close(uc_); }

// Before each instruction.
void space::oncode(uc_engine*, std::uint64_t at, std::uint32_t, void* self) {
  auto& s = *static_cast<space*>(self);
  std::uint32_t code = 0;
  auto it = s.blocks_.upper_bound(at);
  if (it != s.blocks_.begin() && (--it)->second.hi >= at + 4)
    memcpy(&code, it->second.mem.get() + (at - it->first), sizeof code);
  if (s.branch_ != 0 && s.landings_ && !landingpad(code, s.branch_) &&
      s.wrong_.empty()) {
    char text[96];
    snprintf(text, sizeof text,
             "an indirect branch to %lx, where there is no landing pad", at);
    s.wrong_ = text;
    uc_emu_stop(s.uc_);
  }
  s.branch_ = branchkind(code);
}

void space::oncall(uc_engine* uc, std::uint32_t number, void* self) {
  static_cast<space*>(self)->interrupt_ = static_cast<int>(number);
  uc_emu_stop(uc);
}

bool space::onfault(uc_engine*, uc_mem_type, std::uint64_t at, int,
                    std::int64_t, void* self) {
  static_cast<space*>(self)->faultat_ = at;
  return false;
}

void space::transfer(armregisters& r, bool out) {
  static registerlist list;
  void* at[std::size(list.ids)];
  for (int i = 0; i < list.n; i++)
    at[i] = reinterpret_cast<char*>(&r) + list.offsets[i];
  if (out)
    uc_reg_read_batch(uc_, list.ids, at, list.n);
  else
    uc_reg_write_batch(uc_, list.ids, at, list.n);
}

halt space::run(armregisters& r, std::size_t n, bool landings) {
  constexpr std::uint64_t kNowhere = 3;  // no instruction is there
  landings_ = landings;
  branch_ = static_cast<unsigned>((r.pstate & kArmbtype) >> kBtypeat);
  interrupt_ = -1;
  wrong_.clear();
  if (r.sp % 16 != 0) fail("the stack pointer is %llx", r.sp);
  r.pstate &= kArmflags;
  transfer(r, false);
  const uc_err e = uc_emu_start(uc_, r.pc, kNowhere, 0, n);
  armregisters after;
  transfer(after, true);
  r = after;
  r.pstate = (r.pstate & kArmflags) | static_cast<unsigned long long>(branch_)
                                          << kBtypeat;
  if (!wrong_.empty()) fail("%s", wrong_.c_str());
  if (interrupt_ >= 0) return trapped(r);
  switch (e) {
    case UC_ERR_OK:
      return {};
    case UC_ERR_READ_UNMAPPED:
    case UC_ERR_WRITE_UNMAPPED:
    case UC_ERR_FETCH_UNMAPPED:
      return {halt::fault, SIGSEGV, SEGV_MAPERR, faultat_};
    case UC_ERR_READ_PROT:
    case UC_ERR_WRITE_PROT:
    case UC_ERR_FETCH_PROT:
      return {halt::fault, SIGSEGV, SEGV_ACCERR, faultat_};
    default:
      fail("bed: the emulator at %llx: %s", r.pc, uc_strerror(e));
  }
}

halt space::trapped(armregisters& r) const {
  r.pstate &= ~kArmbtype;
  switch (interrupt_) {
    case kCall:
      return {halt::call, 0, 0, 0};
    case kBreakpoint:
      return {halt::fault, SIGTRAP, TRAP_BRKPT, r.pc};
    case kUndefined:
      return {halt::fault, SIGILL, ILL_ILLOPC, r.pc};
    default:
      fail("bed: the emulator's interrupt %d at %llx", interrupt_, r.pc);
  }
}

}  // namespace abibed
