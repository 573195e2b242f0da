// tests/abi/registers.h - the registers of a thread of the program under test, of
// whichever processor.
#pragma once

#include <sys/user.h>

#include <cstdint>

namespace abibed {

enum class cpu { amd64, i386, arm64 };

struct armregisters {
  unsigned long long x[31] = {}, sp = 0, pc = 0;
  unsigned long long pstate = 0;  // N, Z, C, V and the kind of the last branch
  unsigned long long tpidr = 0, tpidrro = 0;
  unsigned long long v[32][2] = {}, fpcr = 0, fpsr = 0;
};
inline constexpr unsigned long long kArmcarry = 1ULL << 29;
inline constexpr unsigned long long kArmflags = 0xf0000000;
inline constexpr unsigned long long kArmbtype = 0xc00;

struct registers : user_regs_struct {
  registers() : user_regs_struct{} {}
  bool isarm = false;  // then only what is in arm means something
  armregisters arm;

  unsigned long long& sp() { return isarm ? arm.sp : rsp; }
  unsigned long long& pc() { return isarm ? arm.pc : rip; }
  unsigned long long& first() { return isarm ? arm.x[0] : rax; }
  unsigned long long& second() { return isarm ? arm.x[1] : rdx; }
  unsigned long long sp() const { return isarm ? arm.sp : rsp; }
  unsigned long long pc() const { return isarm ? arm.pc : rip; }
  void setcarry(bool on) {
    unsigned long long& flags = isarm ? arm.pstate : eflags;
    const unsigned long long bit = isarm ? kArmcarry : 1;
    flags = on ? flags | bit : flags & ~bit;
  }
};

}  // namespace abibed
