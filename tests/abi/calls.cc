// tests/abi/calls.cc - the calls that these systems have in common, most of them
// made by Linux in the end.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <cerrno>
#include <cstring>

#include "tests/abi/kernel.h"

namespace abibed {

namespace {

// Numbers for 32-bit programs.
enum narrow : std::int64_t {
  kExit = 1,
  kFork = 2,
  kRead = 3,
  kWrite = 4,
  kClose = 6,
  kExecve = 11,
  kChdir = 12,
  kGetpid = 20,
  kPipe = 42,
  kSetpgid = 57,
  kDup2 = 63,
  kGetppid = 64,
  kMunmap = 91,
  kWait4 = 114,
  kClone = 120,
  kMprotect = 125,
  kYield = 158,
  kMmap2 = 192,
  kVfork = 190,
  kMadvise = 219,
  kFcntl64 = 221,
  kExitgroup = 252,
  kPipe2 = 331,
};

}  // namespace

void kernel::doexit(thread& t) {
  aslinux(t, SYS_exit_group, kExitgroup, {arg(t, 0)});
}

void kernel::doread(thread& t) {
  aslinux(t, SYS_read, kRead, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

void kernel::dowrite(thread& t) {
  aslinux(t, SYS_write, kWrite, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

void kernel::doclose(thread& t) {
  t.proc->queues.erase(static_cast<int>(arg(t, 0)));
  aslinux(t, SYS_close, kClose, {arg(t, 0)});
}

void kernel::dogetpid(thread& t) {
  finish(t, ok(static_cast<std::uint64_t>(t.proc->pid)));
}

void kernel::dogetppid(thread& t) { aslinux(t, SYS_getppid, kGetppid, {}); }

void kernel::dodup2(thread& t) {
  aslinux(t, SYS_dup2, kDup2, {arg(t, 0), arg(t, 1)});
}

void kernel::dochdir(thread& t) { aslinux(t, SYS_chdir, kChdir, {arg(t, 0)}); }

void kernel::dosetpgid(thread& t) {
  aslinux(t, SYS_setpgid, kSetpgid, {arg(t, 0), arg(t, 1)});
}

// A child that shares its parent's memory must not run a handler of the parent's.
void kernel::doexecve(thread& t) {
  for (int sig = 1; t.proc->shares && sig <= kSignals; sig++)
    if (t.proc->actions[static_cast<std::size_t>(sig)].handler > 1 &&
        (t.mask & bit(sig)) == 0)
      fail("execve: signal %d has its parent's handler, and is not blocked",
           sig);
  aslinux(t, SYS_execve, kExecve, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

void kernel::doyield(thread& t) { aslinux(t, SYS_sched_yield, kYield, {}); }

void kernel::dofcntl(thread& t) {
  enum { kDupfd, kGetfd, kSetfd, kGetfl, kSetfl };
  constexpr std::uint64_t kNonblock = 4;
  const std::uint64_t dupcloexec = how_.release.os == system::openbsd ? 10 : 67;
  std::uint64_t cmd = arg(t, 1), value = arg(t, 2);
  const auto call = [&](std::uint64_t v, std::function<void(std::int64_t)> fn) {
    aslinux(t, SYS_fcntl, kFcntl64, {arg(t, 0), cmd, v}, std::move(fn));
  };
  if (cmd == dupcloexec) {
    cmd = F_DUPFD_CLOEXEC;
    call(value, {});
  } else if (cmd == kSetfl) {
    if ((value & ~(kNonblock | 3)) != 0)
      fail("fcntl: flags %llx", static_cast<unsigned long long>(value));
    call((value & 3) | ((value & kNonblock) != 0 ? O_NONBLOCK : 0), {});
  } else if (cmd == kGetfl) {
    call(0, [this, &t](std::int64_t r) {
      if (r < 0) return finish(t, error(static_cast<int>(-r)));
      const auto flags = static_cast<std::uint64_t>(r);
      finish(t, ok((flags & 3) | ((flags & O_NONBLOCK) != 0 ? kNonblock : 0)));
    });
  } else if (cmd == kGetfd || cmd == kSetfd || cmd == kDupfd) {
    call(value, {});
  } else {
    fail("fcntl: command %llu", static_cast<unsigned long long>(cmd));
  }
}

void kernel::dopipe(thread& t) { aslinux(t, SYS_pipe, kPipe, {arg(t, 0)}); }

void kernel::dopipe2(thread& t) {
  constexpr std::uint64_t kNonblock = 4;
  const std::uint64_t flags = arg(t, 1);
  if ((flags & ~(kNonblock | cloexecflag())) != 0)
    fail("pipe2: flags %llx", static_cast<unsigned long long>(flags));
  aslinux(t, SYS_pipe2, kPipe2,
          {arg(t, 0), ((flags & kNonblock) != 0 ? O_NONBLOCK : 0U) |
                          ((flags & cloexecflag()) != 0 ? O_CLOEXEC : 0U)});
}

void kernel::dowait4(thread& t) {
  constexpr std::uint64_t kNohang = 1;
  if ((arg(t, 2) & ~kNohang) != 0) fail("wait4: options");
  aslinux(t, SYS_wait4, kWait4, {arg(t, 0), arg(t, 1), arg(t, 2), 0});
}

// ---- Memory ----

void kernel::domap(thread& t, int flags, int fd, std::uint64_t offset) {
  constexpr int kShared = 1, kPrivate = 2, kFixed = 0x10, kAnon = 0x1000;
  constexpr int kStack = 0x4000, kNoreserve = 0x40;
  const std::uint64_t bytes = arg(t, 1), prot = arg(t, 2);
  const bool obsd = how_.release.os == system::openbsd;
  int known = kShared | kPrivate | kFixed | kAnon;
  known |= obsd ? kStack : kNoreserve;
  if ((flags & ~known) != 0)
    fail("mmap: flags %x", static_cast<unsigned>(flags));
  if ((flags & kAnon) == 0 || fd != -1 || offset != 0)
    fail("mmap: this kernel lacks files (fd %d, offset %llx)", fd,
         static_cast<unsigned long long>(offset));
  if ((prot & ~7ULL) != 0) fail("mmap: protection");
  const bool stack = (flags & kStack) != 0 && obsd;
  if (stack && ((flags & kPrivate) == 0 || prot != 3))
    return finish(t, error(EINVAL));
  const auto linuxflags = static_cast<std::uint64_t>(
      (flags & (kShared | kPrivate | kFixed)) | 0x20 | 0x4000);
  aslinux(t, SYS_mmap, kMmap2, {arg(t, 0), bytes, prot, linuxflags, ~0ULL, 0},
          [this, &t, bytes, stack](std::int64_t r) {
            // 32-bit addresses may look negative, but errors are few.
            if (r < 0 && r > -4096)
              return finish(t, error(static_cast<int>(-r)));
            const auto at = static_cast<std::uint64_t>(r) &
                            (t.proc->wide ? ~0ULL : 0xffffffffULL);
            if (t.proc->maps.count(at) == 0) out_.mapped += bytes;
            t.proc->maps[at] = bytes;
            if (stack) t.proc->stacks.push_back({at, at + bytes});
            finish(t, ok(at));
          });
}

void kernel::domunmap(thread& t) {
  const std::uint64_t at = arg(t, 0), bytes = arg(t, 1);
  if (const auto it = t.proc->maps.find(at);
      it != t.proc->maps.end() && it->second == bytes) {
    out_.mapped -= bytes;
    t.proc->maps.erase(it);
  } else {
    fail("munmap of what was not mapped so: %llx, %llu bytes",
         static_cast<unsigned long long>(at),
         static_cast<unsigned long long>(bytes));
  }
  std::erase_if(t.proc->stacks, [at](const range& s) { return s.lo == at; });
  aslinux(t, SYS_munmap, kMunmap, {at, bytes});
}

void kernel::domprotect(thread& t) {
  if (arg(t, 0) % pagebytes(t) != 0) fail("mprotect: part of a page");
  aslinux(t, SYS_mprotect, kMprotect, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

// Only the advice that frees at once, as Linux's DONTNEED does.
void kernel::domadvise(thread& t) {
  constexpr std::uint64_t kFree = 6, kDontneed = 4;
  if (how_.release.os != system::openbsd || arg(t, 2) != kFree)
    fail("madvise %llu", static_cast<unsigned long long>(arg(t, 2)));
  aslinux(t, SYS_madvise, kMadvise, {arg(t, 0), arg(t, 1), kDontneed});
}

// ---- Births ----

// newthread makes a thread of Linux; begin gives it its identity and registers.
void kernel::newthread(thread& t,
                       std::function<void(thread&, registers&)> begin) {
  constexpr std::uint64_t kFlags = 0x50f00;
  t.onbirth = [this, &t, begin](thread& c) {
    c.proc = t.proc;
    c.mask = t.mask;
    registers r = t.entry;
    begin(c, r);
    out_.threads++;
    go(c, r);
  };
  aslinux(t, SYS_clone, kClone, {kFlags});
}

void kernel::newprocess(thread& t, bool shares) {
  t.onbirth = [this, &t, shares](thread& c) {
    c.proc = std::make_shared<process>(*t.proc);
    c.proc->shares = shares;
    c.proc->pid = c.lid;
    c.proc->pending.clear();
    c.mask = t.mask;
    c.alt = t.alt;
    registers r = t.entry;
    newidentity(c);
    childregs(c, r);
    go(c, r);
  };
  aslinux(t, shares ? SYS_vfork : SYS_fork, shares ? kVfork : kFork, {});
}

void kernel::dovfork(thread& t) { newprocess(t, true); }

void kernel::dofork(thread& t) { newprocess(t, false); }

void kernel::endthread(thread& t) { aslinux(t, SYS_exit, kExit, {0}); }

// ---- Signals of others; system values ----

void kernel::dokill(thread& t) {
  const auto pid = static_cast<pid_t>(arg(t, 0));
  const auto sig = static_cast<int>(arg(t, 1));
  if (sig < 0 || sig > kSignals) return finish(t, error(EINVAL));
  for (const auto& [lid, other] : threads_) {
    if (other->proc->pid != pid) continue;
    const siginfo s{sig, 0, 0, t.proc->pid};
    if (sig != 0) signalprocess(*other->proc, s);
    return finish(t, ok());
  }
  finish(t, error(ESRCH));
}

void kernel::dosysctl(thread& t) {
  const pid_t pid = t.proc->pid;
  std::int32_t name[2] = {};
  std::uint64_t room = 0;
  if (arg(t, 1) != 2 || !get(pid, arg(t, 0), name)) fail("sysctl: name");
  if (arg(t, 4) != 0 || arg(t, 5) != 0) fail("sysctl: a new value");
  if (!readmem(pid, arg(t, 3), &room, wordbytes(t)))
    return finish(t, error(EFAULT));
  std::vector<char> value;
  const result r = sysctl(t, name[0], name[1], value);
  if (r.failed) return finish(t, r);
  if (room < value.size()) return finish(t, error(ENOMEM));
  room = value.size();
  if (!writemem(pid, arg(t, 2), value.data(), value.size()) ||
      !writemem(pid, arg(t, 3), &room, wordbytes(t)))
    return finish(t, error(EFAULT));
  finish(t, ok());
}

void kernel::dosigaltstack(thread& t) {
  constexpr std::uint32_t kOn = 1, kDisable = 4;
  const std::size_t w = wordbytes(t);
  const pid_t pid = t.proc->pid;
  const std::uint64_t in = arg(t, 0), out = arg(t, 1);
  const bool on = onaltstack(t, t.entry.sp());
  std::vector<unsigned char> ss(2 * w + (w == 8 ? 8 : 4));
  if (out != 0) {
    poke(ss, 0, w, t.alt.lo);
    poke(ss, w, w, t.alt.bytes);
    poke(ss, 2 * w, 4, t.alt.enabled ? (on ? kOn : 0) : kDisable);
    if (!writemem(pid, out, ss.data(), ss.size()))
      return finish(t, error(EFAULT));
  }
  if (in == 0) return finish(t, ok());
  if (!readmem(pid, in, ss.data(), ss.size())) return finish(t, error(EFAULT));
  const auto flags = static_cast<std::uint32_t>(peek(ss, 2 * w, 4));
  if ((flags & ~kDisable) != 0) return finish(t, error(EINVAL));
  if (on) return finish(t, error((flags & kDisable) != 0 ? EINVAL : EPERM));
  if ((flags & kDisable) != 0) {
    t.alt = {};
    return finish(t, ok());
  }
  const altstack s{peek(ss, 0, w), peek(ss, w, w), true};
  if (s.bytes < altminimum()) return finish(t, error(ENOMEM));
  t.alt = s;
  altstackset(t);
  finish(t, ok());
}

}  // namespace abibed
