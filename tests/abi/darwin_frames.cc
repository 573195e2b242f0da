// tests/abi/darwin_frames.cc - Darwin's signals: dispositions, masks, frames; and
// what threads sleep on.
#include <sys/ptrace.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "tests/abi/darwin.h"

namespace abibed {

namespace {

constexpr std::uint32_t kMojave = 18;  // 10.14: tokens
constexpr int kStyleinfo = 30, kStyleplain = 1, kEtimedout = 60;

struct place {
  std::uint16_t offset;
  unsigned long long registers::*reg;
};
using R = registers;
constexpr place kWide[] = {
    {16, &R::rax},  {24, &R::rbx},     {32, &R::rcx},  {40, &R::rdx},
    {48, &R::rdi},  {56, &R::rsi},     {64, &R::rbp},  {72, &R::rsp},
    {80, &R::r8},   {88, &R::r9},      {96, &R::r10},  {104, &R::r11},
    {112, &R::r12}, {120, &R::r13},    {128, &R::r14}, {136, &R::r15},
    {144, &R::rip}, {152, &R::eflags},
};
constexpr place kNarrow[] = {
    {12, &R::rax},    {16, &R::rbx}, {20, &R::rcx}, {24, &R::rdx},
    {28, &R::rdi},    {32, &R::rsi}, {36, &R::rbp}, {40, &R::rsp},
    {48, &R::eflags}, {52, &R::rip},
};

struct shape {
  const place* regs;
  std::size_t nregs, word, machine, fp, context, infobytes, size, mcontext;
  std::size_t addr = 8;  // the fault's
};
constexpr shape kShape64 = {kWide, std::size(kWide), 8, 712, 192, 56, 104, 40,
                            48};
constexpr shape kShape32 = {kNarrow, std::size(kNarrow), 4, 600, 84, 32, 64, 24,
                            28};

constexpr shape kShapearm = {nullptr, 0, 8, 816, 288, 56, 104, 40, 48, 0};

const shape& shapeof(const thread& t) {
  if (t.proc->processor == cpu::arm64) return kShapearm;
  return t.proc->wide ? kShape64 : kShape32;
}

}  // namespace

std::uint64_t darwinkernel::token(std::uint64_t context) const {
  return (context ^ 0x70ce2b1a5e9d4c33) & 0xffffffff;
}

// What is read has a trampoline, what is written has none.
void darwinkernel::dosigaction(thread& t) {
  const std::size_t w = wordbytes(t);
  const pid_t pid = t.proc->pid;
  const auto sig = static_cast<int>(arg(t, 0));
  if (sig < 1 || sig >= kSignals || sig == 9 || sig == 17)
    return finish(t, error(EINVAL));
  action& a = t.proc->actions[static_cast<std::size_t>(sig)];
  std::vector<unsigned char> in(2 * w + 8), out(w + 8);
  poke(out, 0, w, a.handler);
  poke(out, w, 4, a.mask);
  poke(out, w + 4, 4, a.flags);
  if (arg(t, 1) != 0) {
    if (!readmem(pid, arg(t, 1), in.data(), in.size()))
      return finish(t, error(EFAULT));
    a.handler = peek(in, 0, w);
    a.tramp = peek(in, w, w);
    a.mask =
        static_cast<std::uint32_t>(peek(in, 2 * w, 4)) & ~(bit(9) | bit(17));
    a.flags = static_cast<std::uint32_t>(peek(in, 2 * w + 4, 4));
    if ((a.flags & ~0x7fU) != 0) fail("sigaction: flags %x", a.flags);
    if (a.handler > 1 && a.tramp == 0) fail("sigaction: no trampoline");
  }
  if (arg(t, 2) != 0 && !writemem(pid, arg(t, 2), out.data(), out.size()))
    return finish(t, error(EFAULT));
  finish(t, ok());
}

void darwinkernel::dothreadmask(thread& t) {
  const std::uint32_t was = t.mask;
  std::uint32_t set = 0;
  if (arg(t, 1) != 0) {
    if (!get(t.proc->pid, arg(t, 1), set)) return finish(t, error(EFAULT));
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
  }
  if (arg(t, 2) != 0 && !put(t.proc->pid, arg(t, 2), was))
    return finish(t, error(EFAULT));
  finish(t, ok());
}

void darwinkernel::frame(thread& t, registers& r, const siginfo& info) {
  const shape& s = shapeof(t);
  process& p = *t.proc;
  const action& a = p.actions[static_cast<std::size_t>(info.sig)];
  const bool was = t.onstack;
  const bool alt = (a.flags & kOnstack) != 0 && t.alt.enabled && !was;
  std::uint64_t sp = alt ? t.alt.lo + t.alt.bytes : r.sp() - (p.wide ? 128 : 0);
  if (alt) t.onstack = true;
  const auto push = [&](const std::vector<unsigned char>& b) {
    sp = (sp - b.size()) & ~15ULL;
    if (!writemem(p.pid, sp, b.data(), b.size()))
      fail("signal %d: no room for its frame at %lx", info.sig, sp);
    return sp;
  };
  std::vector<unsigned char> mc(s.machine);
  poke(mc, s.addr, s.word, info.addr);
  for (std::size_t i = 0; i < s.nregs; i++)
    poke(mc, s.regs[i].offset, s.word, r.*s.regs[i].reg);
  if (r.isarm)
    armsave(mc, r);
  else
    ptrace(PTRACE_GETFPREGS, t.lid, nullptr, mc.data() + s.fp);
  const std::uint64_t mcat = push(mc);
  std::vector<unsigned char> uc(s.context);
  poke(uc, 0, 4, was ? 1 : 0);
  poke(uc, 4, 4, t.mask);
  poke(uc, 8, s.word, t.alt.lo);
  poke(uc, 8 + s.word, s.word, t.alt.bytes);
  poke(uc, s.size, s.word, s.machine);
  poke(uc, s.mcontext, s.word, mcat);
  const std::uint64_t ucat = push(uc);
  std::vector<unsigned char> si(s.infobytes);
  poke(si, 0, 4, static_cast<std::uint32_t>(info.sig));
  poke(si, 8, 4, static_cast<std::uint32_t>(info.code));
  poke(si, 12, 4, static_cast<std::uint32_t>(info.pid));
  poke(si, 24, s.word, info.addr);
  const std::uint64_t siat = push(si);
  const std::uint64_t style =
      (a.flags & kSiginfo) != 0 ? kStyleinfo : kStyleplain;
  // Before 10.14 there is no token: something else is in its place.
  const std::uint64_t tok = release() >= kMojave ? token(ucat) : 0xbadbad;
  const auto sig = static_cast<std::uint64_t>(info.sig);
  if (r.isarm) {
    const std::uint64_t x[] = {a.handler, style, sig, siat, ucat, tok};
    std::copy(std::begin(x), std::end(x), r.arm.x);
    r.arm.pstate &= ~kArmbtype;
  } else if (p.wide) {
    r.rdi = a.handler, r.rsi = style, r.rdx = sig;
    r.rcx = siat, r.r8 = ucat, r.r9 = tok;
    sp -= 8;
  } else {
    std::vector<unsigned char> words(40);
    const std::uint64_t w[] = {0xffffffff, a.handler, style, sig,
                               siat,       ucat,      tok};
    for (std::size_t i = 0; i < std::size(w); i++)
      poke(words, 12 + 4 * i, 4, w[i]);
    push(words);
    sp += 12;
  }
  r.pc() = a.tramp;
  r.sp() = sp;
  r.eflags &= ~0x10d01ULL;
}

void darwinkernel::dosigreturn(thread& t) {
  const shape& s = shapeof(t);
  process& p = *t.proc;
  const std::uint64_t ucat = arg(t, 0), style = arg(t, 1);
  std::vector<unsigned char> uc(s.context), mc(s.machine);
  if (style != kStyleinfo && style != kStyleplain)
    fail("sigreturn: style %lx", style);
  if (release() >= kMojave && (arg(t, 2) & 0xffffffff) != token(ucat))
    fail("sigreturn: token %lx for the context at %lx", arg(t, 2), ucat);
  if (!readmem(p.pid, ucat, uc.data(), uc.size()))
    fail("sigreturn: no context");
  if (peek(uc, s.size, s.word) != s.machine) fail("sigreturn: mcsize");
  if (!readmem(p.pid, peek(uc, s.mcontext, s.word), mc.data(), mc.size()))
    fail("sigreturn: no machine context");
  registers r = t.entry;
  for (std::size_t i = 0; i < s.nregs; i++)
    r.*s.regs[i].reg = peek(mc, s.regs[i].offset, s.word);
  if (r.isarm)
    armload(mc, r);
  else
    ptrace(PTRACE_SETFPREGS, t.lid, nullptr, mc.data() + s.fp);
  t.mask = static_cast<std::uint32_t>(peek(uc, 4, 4)) & ~(bit(9) | bit(17));
  t.onstack = (peek(uc, 0, 4) & 1) != 0;
  record(t).result = r.pc();
  finishwith(t, r);
}

// ---- Sleeping ----

std::int64_t darwinkernel::readtime(thread& t, std::uint64_t at) {
  const std::size_t w = wordbytes(t);
  std::vector<unsigned char> b(2 * w);
  if (!readmem(t.proc->pid, at, b.data(), b.size())) fail("no time at %lx", at);
  const std::uint64_t sec = peek(b, 0, w), nsec = peek(b, w, w);
  if (nsec >= 1'000'000'000) fail("a time of %lu s, %lu ns", sec, nsec);
  return static_cast<std::int64_t>(sec * 1'000'000'000 + nsec);
}

// Of nothing: a nap.
void darwinkernel::doselect(thread& t) {
  const std::size_t w = wordbytes(t);
  for (int i = 0; i < 4; i++)
    if (arg(t, i) != 0) fail("select: this kernel lacks descriptors");
  std::vector<unsigned char> b(w + 4);
  if (!readmem(t.proc->pid, arg(t, 4), b.data(), b.size()))
    return finish(t, error(EFAULT));
  const std::uint64_t usec = peek(b, w, 4);
  if (usec >= 1'000'000) return finish(t, error(EINVAL));
  const std::uint64_t ns = (peek(b, 0, w) * 1'000'000 + usec) * 1000;
  sleep(t, 0, now() + static_cast<std::int64_t>(ns));
  interruptible(t, ok(), ok(), error(EINTR));
}

// The value has 64 bits: two words in 32-bit programs.
void darwinkernel::doulockwait(thread& t) {
  const std::uint64_t op = arg(t, 0), at = arg(t, 1), value = arg(t, 2);
  const std::uint64_t us = arg(t, t.proc->wide ? 3 : 4) & 0xffffffff;
  if (op != 1) fail("ulock_wait: operation %lx", op);
  if (!t.proc->wide && arg(t, 3) != 0)
    fail("ulock_wait: the value's upper half");
  std::uint32_t word = 0;
  if (at % 4 != 0) return finish(t, error(EINVAL));
  if (!get(t.proc->pid, at, word)) return finish(t, error(EFAULT));
  if (word != value) return finish(t, ok());
  sleep(t, at, us == 0 ? -1 : now() + static_cast<std::int64_t>(us) * 1000);
  interruptible(t, error(kEtimedout), ok(), error(EINTR));
}

void darwinkernel::doulockwake(thread& t) {
  constexpr std::uint64_t kAll = 0x100;
  const std::uint64_t op = arg(t, 0);
  if ((op & ~kAll) != 1) fail("ulock_wake: operation %lx", op);
  const int n = wake(arg(t, 1), (op & kAll) != 0 ? 0 : 1);
  finish(t, n == 0 ? error(ENOENT) : ok());
}

}  // namespace abibed
