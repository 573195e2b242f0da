// tests/abi/openbsd_frames.cc - OpenBSD's signals: dispositions, masks, and what a
// handler finds on its stack and leaves there.
#include <sys/ptrace.h>

#include <cerrno>
#include <cstring>

#include "tests/abi/openbsd.h"

namespace abibed {

namespace {

constexpr std::uint32_t k64 = 201811, k74 = 202310;
constexpr std::size_t kPage = 4096;

// Where a register is in struct sigcontext.
struct place {
  std::uint16_t offset;
  unsigned long long registers::*reg;
};
using R = registers;
constexpr place kWide[] = {
    {0, &R::rdi},      {8, &R::rsi},   {16, &R::rdx},  {24, &R::rcx},
    {32, &R::r8},      {40, &R::r9},   {48, &R::r10},  {56, &R::r11},
    {64, &R::r12},     {72, &R::r13},  {80, &R::r14},  {88, &R::r15},
    {96, &R::rbp},     {104, &R::rbx}, {112, &R::rax}, {168, &R::rip},
    {184, &R::eflags}, {192, &R::rsp},
};
constexpr place kNarrow[] = {
    {16, &R::rdi},    {20, &R::rsi}, {24, &R::rbp}, {28, &R::rbx},
    {32, &R::rdx},    {36, &R::rcx}, {40, &R::rax}, {44, &R::rip},
    {52, &R::eflags}, {56, &R::rsp},
};

struct shape {
  const place* regs;
  std::size_t nregs, word, bytes, mask, cookie, fp, cs, ss, infobytes, addr;
};
constexpr shape kShape64 = {
    kWide, std::size(kWide), 8, 232, 220, 224, 208, 176, 200, 136, 16};
constexpr shape kShape32 = {
    kNarrow, std::size(kNarrow), 4, 88, 68, 84, 80, 48, 60, 128, 12};

const shape& shapeof(const thread& t) {
  return t.proc->wide ? kShape64 : kShape32;
}

// What a program may not change: reserved, interrupts, privilege, nested, virtual.
constexpr std::uint64_t kStatic = 0x2 | 0x200 | 0x3000 | 0x4000 | 0x1a0000;

}  // namespace

void openbsdkernel::dosigaction(thread& t) {
  const std::size_t w = wordbytes(t);
  const pid_t pid = t.proc->pid;
  const auto sig = static_cast<int>(arg(t, 0));
  if (sig < 1 || sig > kSignals || ((sig == 9 || sig == 17) && arg(t, 1) != 0))
    return finish(t, error(EINVAL));
  action& a = t.proc->actions[static_cast<std::size_t>(sig)];
  std::vector<unsigned char> in(w + 8), out(w + 8);
  poke(out, 0, w, a.handler);
  poke(out, w, 4, a.mask);
  poke(out, w + 4, 4, a.flags);
  if (arg(t, 1) != 0) {
    if (!readmem(pid, arg(t, 1), in.data(), in.size()))
      return finish(t, error(EFAULT));
    a.handler = peek(in, 0, w);
    a.mask = static_cast<std::uint32_t>(peek(in, w, 4)) & ~(bit(9) | bit(17));
    a.flags = static_cast<std::uint32_t>(peek(in, w + 4, 4));
    if ((a.flags & ~0x7fU) != 0) fail("sigaction: flags %x", a.flags);
  }
  if (arg(t, 2) != 0 && !writemem(pid, arg(t, 2), out.data(), out.size()))
    return finish(t, error(EFAULT));
  finish(t, ok());
}

// By value, and the old one is the result.
void openbsdkernel::dosigprocmask(thread& t) {
  const std::uint32_t was = t.mask;
  const auto set = static_cast<std::uint32_t>(arg(t, 1));
  switch (arg(t, 0)) {
    case 1:
      t.mask |= set;
      break;
    case 2:
      t.mask &= ~set;
      break;
    case 3:
      t.mask = set;
      break;
    default:
      return finish(t, error(EINVAL));
  }
  t.mask &= ~(bit(9) | bit(17));
  finish(t, ok(was));
}

std::uint64_t openbsdkernel::altminimum() const {
  return release() < k64 ? 8192 : 12288;
}

// By the stack pointer alone.
bool openbsdkernel::onaltstack(const thread& t, std::uint64_t sp) const {
  return t.alt.enabled && sp > t.alt.lo && sp <= t.alt.lo + t.alt.bytes;
}

// From 6.4 on the whole pages of the range are fresh memory for a stack.
void openbsdkernel::altstackset(thread& t) {
  if (release() < k64) return;
  const std::uint64_t lo = (t.alt.lo + kPage - 1) / kPage * kPage;
  const std::uint64_t hi = (t.alt.lo + t.alt.bytes) / kPage * kPage;
  const std::vector<unsigned char> zeros(hi - lo);
  if (!writemem(t.proc->pid, lo, zeros.data(), zeros.size()))
    fail("sigaltstack: the range is not memory that can be replaced");
  t.proc->stacks.push_back({lo, hi});
}

// Where a frame may begin, downwards: below the red zone, or the alternate stack.
std::uint64_t openbsdkernel::frametop(const thread& t, const registers& r,
                                      const action& a) const {
  if ((a.flags & kOnstack) != 0 && t.alt.enabled && !onaltstack(t, r.sp()))
    return (t.alt.lo + t.alt.bytes) & ~(release() >= k64 ? kPage - 1 : 0);
  return r.sp() - (t.proc->processor == cpu::amd64 ? 128 : 0);
}

void openbsdkernel::frame(thread& t, registers& r, const siginfo& info) {
  if (release() >= k64) checkstack(t, r.sp(), "signal");
  if (r.isarm) return armframe(t, r, info);
  const shape& s = shapeof(t);
  process& p = *t.proc;
  const action& a = p.actions[static_cast<std::size_t>(info.sig)];
  std::uint64_t sp = frametop(t, r, a);
  const auto push = [&](const std::vector<unsigned char>& b) {
    if (!writemem(p.pid, sp, b.data(), b.size()))
      fail("signal %d: no room for its frame at %lx", info.sig, sp);
  };
  // The floating-point area.
  std::vector<unsigned char> fp(sizeof(user_fpregs_struct));
  ptrace(PTRACE_GETFPREGS, t.lid, nullptr, fp.data());
  sp = (sp - fp.size()) & ~63ULL;
  const std::uint64_t fpat = sp;
  push(fp);
  std::vector<unsigned char> si(s.infobytes);
  poke(si, 0, 4, static_cast<std::uint32_t>(info.sig));
  poke(si, 4, 4, static_cast<std::uint32_t>(info.code));
  poke(si, s.addr, s.word, info.addr);
  if (info.pid != 0) poke(si, s.addr, 4, static_cast<std::uint32_t>(info.pid));
  sp -= (si.size() + 15) & ~std::size_t{15};
  const std::uint64_t infoat = (a.flags & kSiginfo) != 0 ? sp : 0;
  if (infoat != 0) push(si);
  sp -= (s.bytes + 15) & ~std::size_t{15};
  const std::uint64_t at = sp;
  std::vector<unsigned char> sc(s.bytes);
  for (std::size_t i = 0; i < s.nregs; i++)
    poke(sc, s.regs[i].offset, s.word, r.*s.regs[i].reg);
  poke(sc, s.cs, s.word, r.cs);
  poke(sc, s.ss, s.word, r.ss);
  poke(sc, s.mask, 4, t.mask);
  poke(sc, s.fp, s.word, fpat);
  poke(sc, s.cookie, s.word, at ^ p.cookie);
  push(sc);
  if (!p.wide) {
    // 386: signal, info, context, handler; and no alignment is promised.
    sp -= 16;
    std::vector<unsigned char> words(16);
    poke(words, 0, 4, static_cast<std::uint32_t>(info.sig));
    poke(words, 4, 4, infoat);
    poke(words, 8, 4, at);
    poke(words, 12, 4, a.handler);
    push(words);
  }
  std::uint32_t landing = 0;
  get(p.pid, a.handler, landing);
  if (p.wide && release() >= k74 && landing != 0xfa1e0ff3)
    fail("signal %d: its handler %lx does not begin with endbr64", info.sig,
         a.handler);
  if (p.wide) {
    r.rax = a.handler;
    r.rdi = static_cast<std::uint64_t>(info.sig);
    r.rsi = infoat;
    r.rdx = at;
  }
  r.rip = p.sigcode;
  r.rsp = sp;
  r.eflags &= ~0x10d01ULL;  // direction, trap, carry and resume
}

void openbsdkernel::dosigreturn(thread& t) {
  if (t.entry.isarm) return armsigreturn(t);
  const shape& s = shapeof(t);
  process& p = *t.proc;
  const std::uint64_t at = arg(t, 0);
  std::vector<unsigned char> sc(s.bytes);
  if (!readmem(p.pid, at, sc.data(), sc.size())) fail("sigreturn: no context");
  const std::uint64_t wanted = (at ^ p.cookie) & (p.wide ? ~0ULL : 0xffffffff);
  if (peek(sc, s.cookie, s.word) != wanted)
    fail("sigreturn: the context at %lx has a wrong cookie", at);
  std::vector<unsigned char> used(s.word);
  writemem(p.pid, at + s.cookie, used.data(), used.size());
  registers r = t.entry;
  if (peek(sc, s.cs, s.word) != r.cs || peek(sc, s.ss, s.word) != r.ss)
    fail("sigreturn: segments were changed");
  const std::uint64_t flags = peek(sc, 184 - (p.wide ? 0 : 132), s.word);
  if (((flags ^ r.eflags) & kStatic) != 0) fail("sigreturn: flags %lx", flags);
  for (std::size_t i = 0; i < s.nregs; i++)
    r.*s.regs[i].reg = peek(sc, s.regs[i].offset, s.word);
  const std::uint64_t fpat = peek(sc, s.fp, s.word);
  std::vector<unsigned char> fp(sizeof(user_fpregs_struct));
  if (fpat != 0 && readmem(p.pid, fpat, fp.data(), fp.size()))
    ptrace(PTRACE_SETFPREGS, t.lid, nullptr, fp.data());
  t.mask =
      static_cast<std::uint32_t>(peek(sc, s.mask, 4)) & ~(bit(9) | bit(17));
  record(t).result = r.rip;
  finishwith(t, r);
}

}  // namespace abibed
