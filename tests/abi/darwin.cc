// tests/abi/darwin.cc - Darwin's table of calls, threads, and the page that the
// kernel shares with programs.
#include "tests/abi/darwin.h"

#include <sys/syscall.h>
#include <x86intrin.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace abibed {

namespace {

// Releases, by kern.osrelease.
constexpr std::uint32_t kSierra = 16, kCatalina = 19, kEver = ~0U;
constexpr std::uint32_t kMach = 1U << 24, kBsd = 2U << 24, kMdep = 3U << 24;

using K = kernel;
auto own(void (darwinkernel::*fn)(thread&)) {
  return static_cast<void (K::*)(thread&)>(fn);
}

// The clock and the time stamp of one moment: nothing came between their reading,
// or as little as ever.
struct moment {
  std::int64_t ns;
  std::uint64_t cycles;
};
moment both() {
  moment best{};
  std::int64_t least = INT64_MAX;
  for (int i = 0; i < 20; i++) {
    const std::int64_t t0 = now();
    const std::uint64_t c = __rdtsc();
    const std::int64_t t1 = now();
    if (t1 - t0 < least) least = t1 - t0, best = {(t0 + t1) / 2, c};
  }
  return best;
}

// Time stamps to nanoseconds, times 2^32: as the kernel tells programs.
std::uint32_t scale() {
  static const std::uint32_t known = [] {
    const moment a = both();
    while (now() - a.ns < 20'000'000) {
    }
    const moment b = both();
    return static_cast<std::uint32_t>(static_cast<double>(b.ns - a.ns) /
                                      static_cast<double>(b.cycles - a.cycles) *
                                      0x1p32);
  }();
  return known;
}

}  // namespace

const std::vector<callrow>& darwinkernel::table() const {
  using D = darwinkernel;
  static const std::vector<callrow> rows = {
      {kBsd + 1, 0, kEver, "exit", 1, &K::doexit},
      {kBsd + 2, 0, kEver, "fork", 0, &K::dofork},
      {kBsd + 3, 0, kEver, "read", 3, &K::doread},
      {kBsd + 4, 0, kEver, "write", 3, &K::dowrite},
      {kBsd + 6, 0, kEver, "close", 1, &K::doclose},
      {kBsd + 7, 0, kEver, "wait4", 4, &K::dowait4},
      {kBsd + 12, 0, kEver, "chdir", 1, &K::dochdir},
      {kBsd + 20, 0, kEver, "getpid", 0, &K::dogetpid},
      {kBsd + 29, 0, kEver, "recvfrom", 6, &K::dorecvfrom},
      {kBsd + 30, 0, kEver, "accept", 3, &K::doaccept},
      {kBsd + 37, 0, kEver, "kill", 3, own(&D::doposixkill)},
      {kBsd + 39, 0, kEver, "getppid", 0, &K::dogetppid},
      {kBsd + 42, 0, kEver, "pipe", 0, own(&D::dotwopipe)},
      {kBsd + 46, 0, kEver, "sigaction", 3, own(&D::dosigaction)},
      {kBsd + 53, 0, kEver, "sigaltstack", 2, &K::dosigaltstack},
      {kBsd + 59, 0, kEver, "execve", 3, &K::doexecve},
      {kBsd + 66, 0, kEver, "vfork", 0, &K::dovfork},
      {kBsd + 73, 0, kEver, "munmap", 2, &K::domunmap},
      {kBsd + 74, 0, kEver, "mprotect", 3, &K::domprotect},
      {kBsd + 82, 0, kEver, "setpgid", 2, &K::dosetpgid},
      {kBsd + 90, 0, kEver, "dup2", 2, &K::dodup2},
      {kBsd + 92, 0, kEver, "fcntl", 3, &K::dofcntl},
      {kBsd + 93, 0, kEver, "select", 5, own(&D::doselect)},
      {kBsd + 133, 0, kEver, "sendto", 6, &K::dosendto},
      {kBsd + 184, 0, kEver, "sigreturn", 3, own(&D::dosigreturn)},
      {kBsd + 197, 0, kEver, "mmap", 6, own(&D::dommap)},
      {kBsd + 202, 0, kEver, "sysctl", 6, &K::dosysctl},
      {kBsd + 230, 0, kEver, "poll", 3, &K::dopoll},
      {kBsd + 328, 0, kEver, "__pthread_kill", 2, own(&D::dopthreadkill)},
      {kBsd + 329, 0, kEver, "pthread_sigmask", 3, own(&D::dothreadmask)},
      {kBsd + 360, 0, kEver, "bsdthread_create", 5, own(&D::docreate)},
      {kBsd + 361, 0, kEver, "bsdthread_terminate", 4, own(&D::doterminate)},
      {kBsd + 362, 0, kEver, "kqueue", 0, &K::dokqueue},
      {kBsd + 363, 0, kEver, "kevent", 6, &K::dokevent},
      {kBsd + 366, 0, kEver, "bsdthread_register", 6, own(&D::doregister)},
      {kBsd + 515, kSierra, kEver, "ulock_wait", 4, own(&D::doulockwait)},
      {kBsd + 516, kSierra, kEver, "ulock_wake", 3, own(&D::doulockwake)},
      {kMach + 18, 11, kEver, "mach_port_deallocate", 2, own(&D::dodeallocate)},
      {kMach + 27, 0, kEver, "thread_self", 0, own(&D::dothreadself)},
      {kMach + 28, 0, kEver, "task_self", 0, own(&D::dotaskself)},
      {kMach + 61, 0, kEver, "thread_switch", 3, own(&D::dothreadswitch)},
      {kMdep + 3, 0, kEver, "set_cthread_self", 1, own(&D::dosetbase),
       where::x86},
      {kMdep + 2, 0, kEver, "set_cthread_self", 1, own(&D::dosetbase),
       where::arm64},
      {kMach + 3, 0, kEver, "mach_absolute_time", 0, own(&D::doabsolutetime),
       where::arm64},
      {kMach + 89, 0, kEver, "mach_timebase_info", 1, own(&D::dotimebase),
       where::arm64},
  };
  return rows;
}

// 32-bit programs: the class is in the interrupt.
std::uint32_t darwinkernel::callnumber(const thread& t) const {
  const registers& r = t.entry;
  if (r.isarm) return armnumber(r);
  if (t.proc->wide) return static_cast<std::uint32_t>(r.orig_rax);
  unsigned char gate[2] = {};
  get(t.proc->pid, r.rip - 2, gate);
  const auto eax = static_cast<std::uint32_t>(t.incall ? r.orig_rax : r.rax);
  switch (gate[1]) {
    case 0x81:
      return kMach | (0 - eax);
    case 0x82:
      return kMdep | eax;
    default:
      return kBsd | eax;
  }
}

void darwinkernel::checkcall(thread& t) {
  if (t.entry.isarm) return checkarmgate(t);
  unsigned char gate[2] = {};
  get(t.proc->pid, t.entry.rip - 2, gate);
  const bool right =
      t.proc->wide ? gate[0] == 0x0f && gate[1] == 0x05
                   : gate[0] == 0xcd && gate[1] >= 0x80 && gate[1] <= 0x82;
  if (!right)
    fail("%s: entered by %02x %02x, not this system's gate",
         record(t).name.c_str(), gate[0], gate[1]);
}

// int $0x81 and $0x82 are no calls of Linux's: they are traps there.
bool darwinkernel::trapcall(thread& t, registers& r) {
  unsigned char gate[2] = {};
  if (r.isarm || t.proc->wide || !get(t.proc->pid, r.rip, gate) ||
      gate[0] != 0xcd || (gate[1] != 0x81 && gate[1] != 0x82))
    return false;
  t.entry = r;
  t.entry.rip += 2;
  t.incall = false;
  serve(t);
  return true;
}

void darwinkernel::poison(thread& t, registers& r, const result& res) {
  if (r.isarm) return armpoison(t, r, res);
  if (t.proc->wide) {
    r.rcx = 0xdead00000000c0c0;  // the kernel does not keep them
    r.r11 = 0xdead000000000b11;
  }
  const bool mach = (t.nr >> 24) == 1;
  // Mach traps know no second result, and leave carry alone.
  if (mach)
    r.eflags = (r.eflags & ~1ULL) | (t.entry.eflags & 1);
  else if (!res.hassecond)
    r.rdx = 0;
}

int darwinkernel::faultcode(int linuxsig, int linuxcode) const {
  constexpr int kKernel = 0x80, kIntdiv = 7, kSigfpe = 8, kSigtrap = 5;
  if (linuxsig == kSigtrap) return 1;
  if (linuxcode == kKernel) return 0;
  return linuxsig == kSigfpe && linuxcode == 1 ? kIntdiv : linuxcode;
}

void darwinkernel::newidentity(thread& t) {
  t.id = std::int64_t{t.lid} * 16 + 3;  // the name of its port
}

// An id in the child, too; the second result tells.
void darwinkernel::childregs(thread& c, registers& r) {
  poison(c, r, ok());
  r.first() = static_cast<std::uint64_t>(c.proc->pid);
  r.second() = 1;
  r.setcarry(false);
}

// ---- Threads ----

void darwinkernel::doregister(thread& t) {
  constexpr std::uint32_t kSnow = 10;
  process& p = *t.proc;
  if (p.threadstart != 0 && release() >= kSnow) return finish(t, error(EINVAL));
  for (int i = 1; i < 6; i++)
    if (arg(t, i) != 0) fail("bsdthread_register: argument %d", i);
  p.threadstart = arg(t, 0);
  finish(t, ok());
}

void darwinkernel::docreate(thread& t) {
  constexpr std::uint64_t kCustom = 0x01000000;
  const process& p = *t.proc;
  if (p.threadstart == 0) return finish(t, error(EINVAL));
  const std::uint64_t func = arg(t, 0), value = arg(t, 1), stack = arg(t, 2);
  const std::uint64_t pthread = arg(t, 3), flags = arg(t, 4);
  if (flags != kCustom) fail("bsdthread_create: flags %lx", flags);
  if (stack % 16 != 0) fail("bsdthread_create: stack %lx", stack);
  newthread(t, [=, this](thread& c, registers& r) {
    newidentity(c);
    references_[c.id]++;  // of the port that it is told
    const registers was = r;
    r = {};
    if (was.isarm) {
      r.isarm = true;
      r.arm.pc = c.proc->threadstart;
      const std::uint64_t x[] = {
          pthread, static_cast<std::uint64_t>(c.id), func, value, stack, flags};
      std::copy(std::begin(x), std::end(x), r.arm.x);
      r.arm.sp = stack;
      return;
    }
    r.cs = was.cs, r.ss = was.ss, r.ds = was.ds, r.es = was.es;
    r.eflags = 0x202;
    r.rip = c.proc->threadstart;
    const auto port = static_cast<std::uint64_t>(c.id);
    const bool old = release() < kCatalina;
    if (c.proc->wide) {
      r.rdi = pthread, r.rsi = port, r.rdx = func;
      r.rcx = value, r.r8 = stack, r.r9 = flags;
      r.rsp = stack - (old ? 128 : 0);
    } else {
      r.rax = pthread, r.rbx = port, r.rcx = func;
      r.rdx = value, r.rdi = stack, r.rsi = flags;
      r.rsp = stack - (old ? 16 : 0);
    }
  });
  t.onlinux = [this, &t, pthread](std::int64_t) { finish(t, ok(pthread)); };
}

void darwinkernel::doterminate(thread& t) {
  const std::uint64_t port = arg(t, 2);
  if (arg(t, 0) != 0 || arg(t, 1) != 0 || arg(t, 3) != 0 ||
      (port != 0 && port != static_cast<std::uint64_t>(t.id)))
    fail("bsdthread_terminate: (%lx, %lx, %lx, %lx)", arg(t, 0), arg(t, 1),
         port, arg(t, 3));
  if (port != 0) references_[t.id]--;
  endthread(t);
}

// The result is a selector, no error number; arm64 has none, and the lowest bits of
// the base say which processor it is.
void darwinkernel::dosetbase(thread& t) {
  constexpr std::uint64_t kSelector = 0x0f, kCpu = 3;
  const bool arm = t.entry.isarm;
  const std::uint64_t base = arg(t, 0);
  if (arm && base % 8 != 0) fail("set_cthread_self: base %lx", base);
  setbase(t, t.entry, arm ? base | kCpu : base, false);
  finish(t, ok(arm ? base : kSelector));
}

void darwinkernel::dothreadself(thread& t) {
  references_[t.id]++;
  finish(t, ok(static_cast<std::uint64_t>(t.id)));
}

void darwinkernel::dotaskself(thread& t) { finish(t, ok(0x103)); }

void darwinkernel::dodeallocate(thread& t) {
  const auto port = static_cast<std::int64_t>(arg(t, 1));
  if (arg(t, 0) != 0x103) fail("mach_port_deallocate: task %lx", arg(t, 0));
  if (references_[port]-- <= 0)
    fail("mach_port_deallocate: no reference to %lx", arg(t, 1));
  finish(t, ok());
}

int darwinkernel::ports() const {
  int n = 0;
  for (const auto& [port, references] : references_) n += references;
  return n;
}

void darwinkernel::dothreadswitch(thread& t) {
  for (int i = 0; i < 3; i++)
    if (arg(t, i) != 0) fail("thread_switch: argument %d", i);
  finish(t, ok());
}

void darwinkernel::dopthreadkill(thread& t) {
  const auto sig = static_cast<int>(arg(t, 1));
  thread* const to = find(static_cast<std::int64_t>(arg(t, 0)));
  if (to == nullptr) return finish(t, error(ESRCH));
  if (sig < 0 || sig >= kSignals) return finish(t, error(EINVAL));
  if (sig != 0) signalthread(*to, {sig, 0, 0, t.proc->pid});
  finish(t, ok());
}

void darwinkernel::doposixkill(thread& t) {
  if (arg(t, 2) != 1) fail("kill: the third argument is %lx", arg(t, 2));
  dokill(t);
}

// ---- Memory, descriptors, values ----

void darwinkernel::dommap(thread& t) {
  domap(t, static_cast<int>(arg(t, 3)), static_cast<int>(arg(t, 4)), arg(t, 5));
}

// The ends are the two results; Linux writes them below the stack meanwhile.
void darwinkernel::dotwopipe(thread& t) {
  constexpr std::int64_t kNarrowPipe = 42;
  const std::uint64_t spare = (t.entry.sp() - 512) & ~15ULL;
  aslinux(t, SYS_pipe, kNarrowPipe, {spare}, [this, &t, spare](std::int64_t r) {
    std::int32_t ends[2] = {};
    if (r < 0) return finish(t, error(static_cast<int>(-r)));
    get(t.proc->pid, spare, ends);
    result res = ok(static_cast<std::uint64_t>(ends[0]));
    res.second = static_cast<std::uint64_t>(ends[1]);
    res.hassecond = true;
    finish(t, res);
  });
}

result darwinkernel::sysctl(thread&, int a, int b, std::vector<char>& value) {
  if (a == 1 && b == 2) {
    const std::string text = std::to_string(release()) + ".6.0";
    value.assign(text.begin(), text.end());
    value.push_back(0);
    return ok();
  }
  if (a != 6 || b != 3) return error(ENOENT);
  value = {2, 0, 0, 0};
  return ok();
}

// The page that is shared.
range darwinkernel::needs(const thread& t) const {
  if (t.proc->processor == cpu::arm64) return {0, 0};  // not played
  const std::uint64_t at = t.proc->wide ? 0x7fffffe00000 : 0xffff0000;
  return {at, at + 4096};
}

void darwinkernel::started(thread& t) {
  constexpr std::int64_t kMmap = 9, kMmap2 = 192;
  if (t.proc->processor == cpu::arm64) return;
  constexpr std::uint64_t kHere = 0x100022;  // private, anonymous, there or not
  const std::uint64_t at = needs(t).lo;
  const std::int64_t r =
      linuxcall(t.lid, t.proc->wide, t.proc->wide ? kMmap : kMmap2,
                {at, 4096, 3, kHere, ~0ULL, 0});
  if (static_cast<std::uint32_t>(r) != static_cast<std::uint32_t>(at))
    fail("bed: no place for the commpage (%ld)", r);
  std::vector<unsigned char> page(4096);
  poke(page, 0x58, 4, scale());
  // As of a while ago: more cycles than 32 bits hold pass after some milliseconds.
  constexpr std::uint64_t kAgo = (2ULL << 32) - (1ULL << 23);
  const moment m = both();
  const auto ago = static_cast<std::int64_t>((kAgo >> 16) * scale() >> 16);
  poke(page, 0x50, 8, m.cycles - kAgo);
  poke(page, 0x60, 8, static_cast<std::uint64_t>(m.ns - ago));
  poke(page, 0x68, 4, 1);
  if (!writemem(t.lid, at, page.data(), page.size())) fail("bed: commpage");
}

std::unique_ptr<kernel> darwin(const options& how) {
  return std::make_unique<darwinkernel>(how);
}

}  // namespace abibed
