// tests/abi/tracee.cc - ptrace, a function a need.
#include "tests/abi/tracee.h"

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace abibed {

void fail(const char* format, ...) {
  char text[512];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  throw violation(text);
}

registers getregs(pid_t tid) {
  registers r{};
  if (ptrace(PTRACE_GETREGS, tid, nullptr, &r) < 0)
    fail("bed: GETREGS of %d: %s", tid, strerror(errno));
  return r;
}

bool isstopped(pid_t tid) {
  registers r{};
  return ptrace(PTRACE_GETREGS, tid, nullptr, &r) == 0;
}

void setregs(pid_t tid, const registers& r) {
  // ESRCH: another thread has ended the process meanwhile, which waitpid will tell.
  if (ptrace(PTRACE_SETREGS, tid, nullptr, &r) < 0 && errno != ESRCH)
    fail("bed: SETREGS of %d: %s", tid, strerror(errno));
}

bool readmem(pid_t pid, std::uint64_t at, void* to, std::size_t n) {
  const iovec here{to, n}, there{reinterpret_cast<void*>(at), n};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) ==
         static_cast<ssize_t>(n);
}

bool writemem(pid_t pid, std::uint64_t at, const void* from, std::size_t n) {
  const iovec here{const_cast<void*>(from), n};
  const iovec there{reinterpret_cast<void*>(at), n};
  return process_vm_writev(pid, &here, 1, &there, 1, 0) ==
         static_cast<ssize_t>(n);
}

std::uint64_t peek(const std::vector<unsigned char>& b, std::size_t at,
                   std::size_t bytes) {
  std::uint64_t value = 0;
  memcpy(&value, b.data() + at, bytes);
  return value;
}

void poke(std::vector<unsigned char>& b, std::size_t at, std::size_t bytes,
          std::uint64_t value) {
  memcpy(b.data() + at, &value, bytes);
}

namespace {

// The instruction that enters the kernel, where the thread stands. Returns what was
// there.
long pokegate(pid_t tid, std::uint64_t rip, bool wide) {
  errno = 0;
  const long code = ptrace(PTRACE_PEEKTEXT, tid, rip, nullptr);
  if (errno != 0) fail("bed: no code at the stopped thread's pc");
  const long gate = (code & ~0xffffL) | (wide ? 0x050f : 0x80cd);
  ptrace(PTRACE_POKETEXT, tid, rip, gate);
  return code;
}

void setcall(registers& r, bool wide, std::int64_t nr,
             const std::vector<std::uint64_t>& args) {
  r.rax = static_cast<std::uint64_t>(nr);
  r.orig_rax = ~0ULL;
  if (wide) {
    r.rdi = args[0], r.rsi = args[1], r.rdx = args[2];
    r.r10 = args[3], r.r8 = args[4], r.r9 = args[5];
  } else {
    r.rbx = args[0], r.rcx = args[1], r.rdx = args[2];
    r.rsi = args[3], r.rdi = args[4], r.rbp = args[5];
  }
}

}  // namespace

std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                       std::vector<std::uint64_t> args) {
  args.resize(6);
  const registers before = getregs(tid);
  registers r = before;
  const long code = pokegate(tid, r.rip, wide);
  setcall(r, wide, nr, args);
  setregs(tid, r);
  ptrace(PTRACE_SINGLESTEP, tid, nullptr, nullptr);
  int status;
  if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
      WSTOPSIG(status) != SIGTRAP)
    fail("bed: a Linux call in the program went wrong (status %x)", status);
  const auto result = static_cast<std::int64_t>(getregs(tid).rax);
  ptrace(PTRACE_POKETEXT, tid, before.rip, code);
  setregs(tid, before);
  return wide ? result : static_cast<std::int32_t>(result);
}

void execagain(pid_t tid, bool wide) {
  static const char kSelf[] = "/proc/self/exe";
  constexpr std::int64_t kExecve = 59, kNarrowExecve = 11;
  registers r = getregs(tid);
  const std::size_t word = wide ? 8 : 4;
  std::uint64_t argc = 0;
  const std::uint64_t path = r.rsp - 64, argv = r.rsp + word;
  if (!readmem(tid, r.rsp, &argc, word) || !put(tid, path, kSelf))
    fail("bed: a new program without a stack");
  pokegate(tid, r.rip, wide);
  setcall(r, wide, wide ? kExecve : kNarrowExecve,
          {path, argv, argv + (argc + 1) * word, 0, 0, 0});
  setregs(tid, r);
  ptrace(PTRACE_SINGLESTEP, tid, nullptr, nullptr);
  int status;
  if (!waitstop(tid, status) || status >> 16 != PTRACE_EVENT_EXEC)
    fail("bed: a program is not loaded again (status %x)", status);
  resume(tid);
  if (!waitstop(tid, status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
    fail("bed: a program that was loaded again is lost (status %x)", status);
}

bool waitstop(pid_t tid, int& status) {
  return waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status);
}

void resume(pid_t tid) { ptrace(PTRACE_SYSCALL, tid, nullptr, nullptr); }

range mapping(pid_t pid, const std::string& name) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) == std::string::npos) continue;
    range r{};
    sscanf(line.c_str(), "%lx-%lx", &r.lo, &r.hi);
    return r;
  }
  return {};
}

bool occupied(pid_t pid, const range& where) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    range r{};
    sscanf(line.c_str(), "%lx-%lx", &r.lo, &r.hi);
    if (r.lo < where.hi && where.lo < r.hi) return true;
  }
  return false;
}

}  // namespace abibed
