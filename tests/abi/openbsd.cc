// tests/abi/openbsd.cc - OpenBSD's table of calls, threads, rules of stacks and of
// where calls may come from.
#include "tests/abi/openbsd.h"

#include <elf.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace abibed {

namespace {

// Releases, by kern.osrevision.
constexpr std::uint32_t k51 = 201205, k52 = 201211, k55 = 201405, k57 = 201505;
constexpr std::uint32_t k59 = 201603, k62 = 201710, k64 = 201811, k71 = 202204;
constexpr std::uint32_t k75 = 202404, kEver = ~0U;

using K = kernel;
auto own(void (openbsdkernel::*fn)(thread&)) {
  return static_cast<void (K::*)(thread&)>(fn);
}

// The pins of a static program: section .openbsd.syscalls, {address, number}.
std::map<std::uint32_t, std::set<std::uint64_t>> readpins(pid_t pid,
                                                          bool wide) {
  std::ifstream in(tracees->program(pid), std::ios::binary);
  const std::vector<char> file((std::istreambuf_iterator<char>(in)), {});
  std::map<std::uint32_t, std::set<std::uint64_t>> pins;
  const auto sections = [&](const auto& h, auto one) {
    const auto* const s =
        reinterpret_cast<const decltype(one)*>(file.data() + h.e_shoff);
    const char* const names = file.data() + s[h.e_shstrndx].sh_offset;
    for (int i = 0; i < h.e_shnum; i++) {
      if (strcmp(names + s[i].sh_name, ".openbsd.syscalls") != 0) continue;
      for (std::size_t at = 0; at + 8 <= s[i].sh_size; at += 8) {
        std::uint32_t pair[2];
        memcpy(pair, file.data() + s[i].sh_offset + at, sizeof pair);
        pins[pair[1]].insert(pair[0]);
      }
    }
  };
  if (wide)
    sections(*reinterpret_cast<const Elf64_Ehdr*>(file.data()), Elf64_Shdr{});
  else
    sections(*reinterpret_cast<const Elf32_Ehdr*>(file.data()), Elf32_Shdr{});
  return pins;
}

}  // namespace

const std::vector<callrow>& openbsdkernel::table() const {
  using O = openbsdkernel;
  static const std::vector<callrow> rows = {
      {1, 0, kEver, "exit", 1, &K::doexit},
      {2, 0, kEver, "fork", 0, &K::dofork},
      {3, 0, kEver, "read", 3, &K::doread},
      {4, 0, kEver, "write", 3, &K::dowrite},
      {6, 0, kEver, "close", 1, &K::doclose},
      {7, 0, k55, "wait4", 4, &K::dowait4},
      {11, k55, kEver, "wait4", 4, &K::dowait4},
      {8, k52, kEver, "__tfork", 2, own(&O::dotfork)},
      {12, 0, kEver, "chdir", 1, &K::dochdir},
      {20, 0, kEver, "getpid", 0, &K::dogetpid},
      {29, 0, kEver, "recvfrom", 6, &K::dorecvfrom},
      {30, 0, kEver, "accept", 3, &K::doaccept},
      {37, 0, k59, "kill", 2, own(&O::doobsdkill)},
      {39, 0, kEver, "getppid", 0, &K::dogetppid},
      {46, 0, kEver, "sigaction", 3, own(&O::dosigaction)},
      {48, 0, kEver, "sigprocmask", 2, own(&O::dosigprocmask)},
      {49, k71, kEver, "mmap", 6, own(&O::dommap)},
      {59, 0, kEver, "execve", 3, &K::doexecve},
      {66, 0, kEver, "vfork", 0, &K::dovfork},
      {72, k55, kEver, "kevent", 6, &K::dokevent},
      {73, 0, kEver, "munmap", 2, &K::domunmap},
      {74, 0, kEver, "mprotect", 3, &K::domprotect},
      {75, 0, kEver, "madvise", 3, &K::domadvise},
      {82, 0, kEver, "setpgid", 2, &K::dosetpgid},
      {83, k62, kEver, "futex", 5, own(&O::dofutex)},
      {87, k55, kEver, "clock_gettime", 2, own(&O::doclockgettime)},
      {90, 0, kEver, "dup2", 2, &K::dodup2},
      {91, k55, kEver, "nanosleep", 2, own(&O::donanosleep)},
      {92, 0, kEver, "fcntl", 3, &K::dofcntl},
      {93, k57, kEver, "accept4", 4, &K::doaccept},
      {94, k55, kEver, "__thrsleep", 5, own(&O::dothrsleep)},
      {101, k57, kEver, "pipe2", 2, &K::dopipe2},
      {103, 0, kEver, "sigreturn", 1, own(&O::dosigreturn)},
      {119, k59, kEver, "thrkill", 3, own(&O::dothrkill)},
      {122, k59, kEver, "kill", 2, &K::dokill},
      {133, 0, kEver, "sendto", 6, &K::dosendto},
      {197, 0, k71, "mmap", 7, own(&O::dopadmmap)},
      {202, 0, kEver, "sysctl", 6, &K::dosysctl},
      {232, 0, k55, "clock_gettime", 2, own(&O::doclockgettime)},
      {240, 0, k55, "nanosleep", 2, own(&O::donanosleep)},
      {252, 0, kEver, "poll", 3, &K::dopoll},
      {263, 0, kEver, "pipe", 1, &K::dopipe},
      {269, 0, kEver, "kqueue", 0, &K::dokqueue},
      {270, 0, k55, "kevent", 6, &K::dokevent},
      {288, 0, kEver, "sigaltstack", 2, &K::dosigaltstack},
      {298, 0, kEver, "sched_yield", 0, &K::doyield},
      {299, 0, kEver, "getthrid", 0, own(&O::dogetthrid)},
      {300, 0, k55, "__thrsleep", 5, own(&O::dothrsleep)},
      {301, 0, kEver, "__thrwakeup", 2, own(&O::dothrwakeup)},
      {302, 0, kEver, "__threxit", 1, own(&O::dothrexit)},
      {328, k51, k52, "__tfork51", 1, own(&O::dotfork51)},
      {329, k51, kEver, "__set_tcb", 1, own(&O::dosettcb)},
  };
  return rows;
}

void openbsdkernel::newidentity(thread& t) {
  constexpr std::int64_t kOffset = 100'000;  // never a process's id
  t.id = t.lid + kOffset;
}

// ---- Where calls may come from ----

void openbsdkernel::checkcall(thread& t) {
  const registers& r = t.entry;
  process& p = *t.proc;
  const char* const name = record(t).name.c_str();
  const std::uint64_t site = r.pc() - (r.isarm ? 4 : 2);
  if (r.isarm) {
    checkarmgate(t, site);
  } else {
    unsigned char gate[2] = {};
    get(p.pid, site, gate);
    const unsigned char wanted[2] = {p.wide ? static_cast<unsigned char>(0x0f)
                                            : static_cast<unsigned char>(0xcd),
                                     p.wide ? static_cast<unsigned char>(0x05)
                                            : static_cast<unsigned char>(0x80)};
    if (memcmp(gate, wanted, 2) != 0)
      fail("%s: entered by %02x %02x, not this system's gate", name, gate[0],
           gate[1]);
  }
  const bool insigcode = site >= p.sigcode && site < p.sigcode + 64;
  if (t.nr == 103 && !insigcode)
    fail("sigreturn at pc %llx: only the kernel's own page may", r.pc());
  if (release() >= k75 && !insigcode && p.pins[t.nr].count(site) == 0)
    fail("%s (%u) at %lx is not in .openbsd.syscalls", name, t.nr, site);
  if (release() >= k64) checkstack(t, r.sp(), name);
}

void kernel::checkstack(thread& t, std::uint64_t sp, const char* when) {
  for (const range& s : t.proc->stacks)
    if (sp >= s.lo && sp < s.hi) return;
  fail("%s: stack pointer %llx is not in MAP_STACK memory", when,
       static_cast<unsigned long long>(sp));
}

void openbsdkernel::poison(thread& t, registers& r, const result&) {
  if (r.isarm) return armpoison(r);
  if (!t.proc->wide) return;
  r.rcx = 0xdead00000000c0c0;  // the kernel does not keep them
  r.r11 = 0xdead000000000b11;
}

int openbsdkernel::faultcode(int, int linuxcode) const {
  constexpr int kKernel = 0x80;  // a breakpoint, or no address to tell
  return linuxcode == kKernel ? 1 : linuxcode;
}

// ---- Threads ----

void openbsdkernel::birth(thread& t, std::uint64_t tcb, std::uint64_t tid,
                          std::uint64_t stack, bool hasstack) {
  // The tid is written before either thread goes on.
  std::int32_t trial = 0;
  if (!put(t.proc->pid, tid, trial))
    fail("__tfork: the tid pointer %llx is not memory",
         static_cast<unsigned long long>(tid));
  newthread(t, [=, this](thread& c, registers& r) {
    newidentity(c);
    lasttid_ = c.id;
    put(c.proc->pid, tid, static_cast<std::int32_t>(c.id));
    if (hasstack) r.sp() = stack;
    childregs(c, r);
    setbase(c, r, tcb, true);
    if (hasstack && release() >= k64) checkstack(c, stack, "__tfork");
    if ((stack & 15) != 0 && hasstack)
      fail("__tfork: stack %llx is not 16-byte aligned",
           static_cast<unsigned long long>(stack));
  });
  t.onlinux = [this, &t](std::int64_t) {
    finish(t, ok(static_cast<std::uint64_t>(lasttid_)));
  };
}

void openbsdkernel::dotfork(thread& t) {
  const std::size_t w = wordbytes(t), whole = 3 * w;
  const std::uint64_t bytes = arg(t, 1);
  if (bytes == 0 || bytes > whole) return finish(t, error(EINVAL));
  std::vector<unsigned char> p(whole);
  if (!readmem(t.proc->pid, arg(t, 0), p.data(), bytes))
    return finish(t, error(EFAULT));
  const std::uint64_t tcb = peek(p, 0, w), tid = peek(p, w, w);
  const std::uint64_t stack = peek(p, 2 * w, w);
  for (const std::uint64_t v : {tcb, tid, stack}) record(t).args.push_back(v);
  if (stack == 0) return finish(t, error(EINVAL));
  if (tcb >> 47 != 0) return finish(t, error(EINVAL));
  birth(t, tcb, tid, stack, true);
}

void openbsdkernel::dotfork51(thread& t) {
  const std::size_t w = wordbytes(t);
  std::vector<unsigned char> p(2 * w + 4);
  if (!readmem(t.proc->pid, arg(t, 0), p.data(), p.size()))
    return finish(t, error(EFAULT));
  const std::uint64_t tcb = peek(p, 0, w), tid = peek(p, w, w);
  const std::uint64_t flags = peek(p, 2 * w, 4);
  for (const std::uint64_t v : {tcb, tid, flags}) record(t).args.push_back(v);
  if (flags != 0) fail("__tfork51: flags %x", static_cast<unsigned>(flags));
  birth(t, tcb, tid, 0, false);
}

// The word is cleared once the thread's stack is not used any more.
void openbsdkernel::dothrexit(thread& t) {
  const auto p = t.proc;
  const std::uint64_t word = arg(t, 0);
  t.ongone = [p, word] {
    const std::int32_t none = 0;
    if (word != 0) put(p->pid, word, none);
  };
  endthread(t);
}

void openbsdkernel::childregs(thread& c, registers& r) {
  poison(c, r, ok());
  r.first() = 0;
  if (release() < k64) r.second() = 1;
  r.setcarry(false);
}

void openbsdkernel::dogetthrid(thread& t) {
  finish(t, ok(static_cast<std::uint64_t>(t.id)));
}

void openbsdkernel::dosettcb(thread& t) {
  registers r = t.entry;
  setbase(t, r, arg(t, 0), true);
  t.entry = r;
  finish(t, ok());
}

void openbsdkernel::dothrkill(thread& t) {
  constexpr int kLwp = -1;
  const auto id = static_cast<std::int32_t>(arg(t, 0));
  const auto sig = static_cast<int>(arg(t, 1));
  if (sig < 0 || sig > kSignals) return finish(t, error(EINVAL));
  thread* const to = id == 0 ? &t : find(id);
  if (to == nullptr) return finish(t, error(ESRCH));
  if (sig != 0) signalthread(*to, {sig, kLwp, 0, t.proc->pid});
  finish(t, ok());
}

// Up to 5.8 a thread is a target of kill, too.
void openbsdkernel::doobsdkill(thread& t) {
  const auto id = static_cast<std::int32_t>(arg(t, 0));
  if (find(id) != nullptr) return dothrkill(t);
  dokill(t);
}

// ---- Memory, time, values ----

void openbsdkernel::dommap(thread& t) {
  domap(t, static_cast<int>(arg(t, 3)), static_cast<int>(arg(t, 4)), arg(t, 5));
}

void openbsdkernel::dopadmmap(thread& t) {
  domap(t, static_cast<int>(arg(t, 3)), static_cast<int>(arg(t, 4)), arg(t, 6));
}

void openbsdkernel::doclockgettime(thread& t) {
  const std::uint64_t clock = arg(t, 0);
  if (clock != 3) fail("clock_gettime: clock %d", static_cast<int>(clock));
  const std::int64_t ns = now();
  const auto sec = static_cast<std::uint64_t>(ns / 1'000'000'000);
  const auto nsec = static_cast<std::uint64_t>(ns % 1'000'000'000);
  const bool narrow = !t.proc->wide && release() < k55;
  std::vector<unsigned char> b(t.proc->wide ? 16 : narrow ? 8 : 12);
  // Up to 5.4 the second is 32 bits; what is beside it means nothing.
  poke(b, 0, narrow ? 4 : 8, release() < k55 ? sec | 0xbad0000000000000 : sec);
  poke(b, narrow ? 4 : 8, t.proc->wide ? 8 : 4, nsec);
  if (!writemem(t.proc->pid, arg(t, 1), b.data(), b.size()))
    return finish(t, error(EFAULT));
  finish(t, ok());
}

result openbsdkernel::sysctl(thread&, int a, int b, std::vector<char>& value) {
  std::int32_t n;
  if (a == 1 && b == 3)
    n = static_cast<std::int32_t>(release());
  else if (a == 6 && b == 3)
    n = 2;
  else
    return error(EOPNOTSUPP);
  value.resize(sizeof n);
  memcpy(value.data(), &n, sizeof n);
  return ok();
}

void openbsdkernel::started(thread& t) {
  process& p = *t.proc;
  p.pins = readpins(t.lid, p.wide);
  p.cookie = 0x5ec4e7c00c1e0000 ^ static_cast<std::uint64_t>(p.pid);
  if (p.processor == cpu::arm64) {
    armstarted(t);
    return;
  }
  // call *%rax; mov %rsp,%rdi; push %rdi; mov $103,%eax; syscall
  static const unsigned char kWide[] = {
      0xff, 0xd0, 0x48, 0x89, 0xe7, 0x57, 0xb8, 103, 0, 0, 0, 0x0f, 0x05, 0xf4};
  // call *12(%esp); lea 16(%esp),%eax; push %eax; push %eax; mov $103,%eax;
  // int $0x80
  static const unsigned char kNarrow[] = {0xff, 0x54, 0x24, 0x0c, 0x8d, 0x44,
                                          0x24, 0x10, 0x50, 0x50, 0xb8, 103,
                                          0,    0,    0,    0xcd, 0x80, 0xf4};
  constexpr std::int64_t kMmap = 9, kMmap2 = 192;
  p.sigcode = static_cast<std::uint64_t>(linuxcall(
      t.lid, p.wide, p.wide ? kMmap : kMmap2, {0, 4096, 7, 0x22, ~0ULL, 0}));
  if (!p.wide) p.sigcode &= 0xffffffff;
  if (!writemem(t.lid, p.sigcode, p.wide ? kWide : kNarrow,
                p.wide ? sizeof kWide : sizeof kNarrow))
    fail("bed: no page for the kernel's code");
}

std::unique_ptr<kernel> openbsd(const options& how) {
  return std::make_unique<openbsdkernel>(how);
}

}  // namespace abibed
