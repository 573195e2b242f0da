// tests/abi/openbsd_arm64.cc - what of OpenBSD is the processor's: the gate, and a
// handler's frame, of which the kernel's page runs the handler.
//
// The frame has no vector registers: a handler must keep them itself.
#include <cstring>

#include "tests/abi/openbsd.h"

namespace abibed {

namespace {

constexpr std::uint32_t k64 = 201811, k68 = 202010, k74 = 202310;

constexpr std::uint32_t kSvc = 0xd4000001;
constexpr std::uint32_t kDsb = 0xd503379f, kIsb = 0xd5033fdf;

// struct sigcontext; siginfo is behind it.
constexpr std::size_t kMask = 4, kSp = 8, kLink = 16, kPc = 24, kPstate = 32;
constexpr std::size_t kX = 40, kCookie = 280, kContextbytes = 288;
constexpr std::size_t kInfobytes = 136, kFramebytes = 432;

}  // namespace

void openbsdkernel::checkarmgate(thread& t, std::uint64_t site) {
  const char* const name = record(t).name.c_str();
  std::uint32_t code[3] = {};
  if (!get(t.proc->pid, site, code) || code[0] != kSvc)
    fail("%s: entered by %08x, not this system's gate", name, code[0]);
  if (code[1] != kDsb || code[2] != kIsb)
    fail("%s: no barriers behind the call at %lx, which the kernel skips", name,
         site);
}

// The kernel goes on behind the barriers. x1 may be a second result.
void openbsdkernel::armpoison(registers& r) const {
  if (release() >= k68) r.arm.pc += 8;
  r.arm.x[1] = 0xdead000000000001;
}

// blr x30; mov x0, sp; mov x8, #103; svc #0; dsb nsh; isb
void openbsdkernel::armstarted(thread& t) {
  static const std::uint32_t kCode[] = {0xd63f03c0, 0x910003e0, 0xd2800ce8,
                                        kSvc,       kDsb,       kIsb};
  constexpr std::int64_t kMmap = 9;
  process& p = *t.proc;
  p.sigcode = static_cast<std::uint64_t>(
      linuxcall(t.lid, true, kMmap, {0, 4096, 7, 0x22, ~0ULL, 0}));
  if (!put(t.lid, p.sigcode, kCode)) fail("bed: no page for the kernel's code");
  if (release() >= k74) tracees->wantlandings(t.lid);
}

void openbsdkernel::armframe(thread& t, registers& r, const siginfo& info) {
  process& p = *t.proc;
  const action& a = p.actions[static_cast<std::size_t>(info.sig)];
  const std::uint64_t at = (frametop(t, r, a) - kFramebytes) & ~15ULL;
  std::vector<unsigned char> b(kFramebytes);
  poke(b, kMask, 4, t.mask);
  poke(b, kSp, 8, r.arm.sp);
  poke(b, kLink, 8, r.arm.x[30]);
  poke(b, kPc, 8, r.arm.pc);
  poke(b, kPstate, 8, r.arm.pstate);
  for (std::size_t i = 0; i < 30; i++) poke(b, kX + 8 * i, 8, r.arm.x[i]);
  poke(b, kCookie, 8, at ^ p.cookie);
  const bool wants = (a.flags & kSiginfo) != 0;
  if (wants) {
    poke(b, kContextbytes, 4, static_cast<std::uint32_t>(info.sig));
    poke(b, kContextbytes + 4, 4, static_cast<std::uint32_t>(info.code));
    poke(b, kContextbytes + 16, 8, info.addr);
    if (info.pid != 0)
      poke(b, kContextbytes + 16, 4, static_cast<std::uint32_t>(info.pid));
  }
  static_assert(kContextbytes + kInfobytes <= kFramebytes);
  if (!writemem(p.pid, at, b.data(), b.size()))
    fail("signal %d: no room for its frame at %lx", info.sig, at);
  r.arm.x[0] = static_cast<std::uint64_t>(info.sig);
  r.arm.x[1] = wants ? at + kContextbytes : 0;
  r.arm.x[2] = at;
  // The first kernels enter the handler, which returns to the page, behind the call.
  constexpr std::uint64_t kCall = 4;
  const bool direct = release() < k64;
  r.arm.x[30] = direct ? p.sigcode + kCall : a.handler;
  r.arm.sp = at;
  r.arm.pc = direct ? a.handler : p.sigcode;
  r.arm.pstate &= ~kArmbtype;
}

void openbsdkernel::armsigreturn(thread& t) {
  process& p = *t.proc;
  const std::uint64_t at = arg(t, 0);
  std::vector<unsigned char> b(kContextbytes);
  if (!readmem(p.pid, at, b.data(), b.size())) fail("sigreturn: no context");
  if (peek(b, kCookie, 8) != (at ^ p.cookie))
    fail("sigreturn: the context at %lx has a wrong cookie", at);
  const std::uint64_t used = 0;
  put(p.pid, at + kCookie, used);
  registers r = t.entry;
  r.arm.pstate = peek(b, kPstate, 8);
  if ((r.arm.pstate & ~(kArmflags | kArmbtype)) != 0)
    fail("sigreturn: flags %llx", r.arm.pstate);
  r.arm.sp = peek(b, kSp, 8);
  r.arm.x[30] = peek(b, kLink, 8);
  r.arm.pc = peek(b, kPc, 8);
  for (std::size_t i = 0; i < 30; i++) r.arm.x[i] = peek(b, kX + 8 * i, 8);
  t.mask = static_cast<std::uint32_t>(peek(b, kMask, 4)) & ~(bit(9) | bit(17));
  record(t).result = r.pc();
  finishwith(t, r);
}

}  // namespace abibed
