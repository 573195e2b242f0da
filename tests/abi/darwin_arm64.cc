// tests/abi/darwin_arm64.cc - what of Darwin is the processor's: the gate, where the
// registers are in a handler's context, and the clock's traps.
#include <cerrno>
#include <cstring>

#include "tests/abi/darwin.h"

namespace abibed {

namespace {

constexpr std::uint32_t kMach = 1U << 24, kBsd = 2U << 24, kMdep = 3U << 24;
constexpr std::uint32_t kSvc = 0xd4001001;  // svc #0x80

// In the machine's context.
constexpr std::size_t kX = 16, kFrame = 248, kLink = 256, kSp = 264;
constexpr std::size_t kPc = 272, kPstate = 280, kVectors = 288;
constexpr std::size_t kFpsr = 800, kFpcr = 804;

// A tick is 125/3 ns, as on Apple's own processors.
constexpr std::uint32_t kNumer = 125, kDenom = 3;

}  // namespace

// BSD's numbers are positive, Mach's negative, and what is neither has a number of
// its own in x3.
std::uint32_t darwinkernel::armnumber(const registers& r) {
  const auto n = static_cast<std::int32_t>(r.arm.x[16]);
  constexpr std::int32_t kPlatform = INT32_MIN;
  if (n == kPlatform) return kMdep | static_cast<std::uint32_t>(r.arm.x[3]);
  if (n < 0) return kMach | static_cast<std::uint32_t>(-n);
  return kBsd | static_cast<std::uint32_t>(n);
}

void darwinkernel::checkarmgate(thread& t) {
  std::uint32_t code = 0;
  if (!get(t.proc->pid, t.entry.arm.pc - 4, code) || code != kSvc)
    fail("%s: entered by %08x, not this system's gate", record(t).name.c_str(),
         code);
}

// x18 is the system's. Mach traps know no second result, and leave carry alone.
void darwinkernel::armpoison(const thread& t, registers& r,
                             const result& res) const {
  const bool mach = (t.nr >> 24) == 1;
  if (mach)
    r.arm.pstate =
        (r.arm.pstate & ~kArmcarry) | (t.entry.arm.pstate & kArmcarry);
  else if (!res.hassecond)
    r.arm.x[1] = 0;
  r.arm.x[18] = 0;
}

void darwinkernel::armsave(std::vector<unsigned char>& mc, const registers& r) {
  for (std::size_t i = 0; i < 29; i++) poke(mc, kX + 8 * i, 8, r.arm.x[i]);
  poke(mc, kFrame, 8, r.arm.x[29]);
  poke(mc, kLink, 8, r.arm.x[30]);
  poke(mc, kSp, 8, r.arm.sp);
  poke(mc, kPc, 8, r.arm.pc);
  poke(mc, kPstate, 4, r.arm.pstate);
  memcpy(mc.data() + kVectors, r.arm.v, sizeof r.arm.v);
  poke(mc, kFpsr, 4, r.arm.fpsr);
  poke(mc, kFpcr, 4, r.arm.fpcr);
}

void darwinkernel::armload(const std::vector<unsigned char>& mc, registers& r) {
  for (std::size_t i = 0; i < 29; i++) r.arm.x[i] = peek(mc, kX + 8 * i, 8);
  r.arm.x[29] = peek(mc, kFrame, 8);
  r.arm.x[30] = peek(mc, kLink, 8);
  r.arm.sp = peek(mc, kSp, 8);
  r.arm.pc = peek(mc, kPc, 8);
  r.arm.pstate = peek(mc, kPstate, 4);
  if ((r.arm.pstate & ~(kArmflags | kArmbtype)) != 0)
    fail("sigreturn: flags %llx", r.arm.pstate);
  memcpy(r.arm.v, mc.data() + kVectors, sizeof r.arm.v);
  r.arm.fpsr = peek(mc, kFpsr, 4);
  r.arm.fpcr = peek(mc, kFpcr, 4);
}

void darwinkernel::doabsolutetime(thread& t) {
  finish(t, ok(static_cast<std::uint64_t>(now()) / kNumer * kDenom));
}

void darwinkernel::dotimebase(thread& t) {
  const std::uint32_t fraction[2] = {kNumer, kDenom};
  if (!put(t.proc->pid, arg(t, 0), fraction)) fail("mach_timebase_info: where");
  finish(t, ok());
}

}  // namespace abibed
