// tests/abi/tracee.cc - the machine that is Linux's own: processes under ptrace.
#include "tests/abi/tracee.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace abibed {

machine* tracees = nullptr;

void fail(const char* format, ...) {
  char text[512];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  throw violation(text);
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

std::string procfile(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

// Each line of /proc's maps, as a range and a text.
template <typename F>
void mappings(pid_t pid, F each) {
  std::ifstream maps(procfile(pid, "maps"));
  for (std::string line; std::getline(maps, line);) {
    range r{};
    sscanf(line.c_str(), "%lx-%lx", &r.lo, &r.hi);
    each(r, line);
  }
}

class ptracedmachine : public machine {
 public:
  ptracedmachine();
  ~ptracedmachine() override;
  pid_t start(const std::string& program, const std::vector<std::string>& args,
              int outfd) override;
  bool next(pid_t& tid, int& status) override {
    tid = waitpid(-1, &status, __WALL | WNOHANG);
    return tid > 0;
  }
  void pause() override;
  bool waitstop(pid_t tid, int& status) override {
    return waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status);
  }
  bool isstopped(pid_t tid) override {
    user_regs_struct r;
    return ptrace(PTRACE_GETREGS, tid, nullptr, &r) == 0;
  }
  void resume(pid_t tid) override {
    ptrace(PTRACE_SYSCALL, tid, nullptr, nullptr);
  }
  pid_t child(pid_t tid) override {
    unsigned long id = 0;
    ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &id);
    return static_cast<pid_t>(id);
  }
  siginfo_t signal(pid_t tid) override {
    siginfo_t info{};
    ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info);
    return info;
  }
  registers getregs(pid_t tid) override;
  void setregs(pid_t tid, const registers& r) override;
  bool readmem(pid_t pid, std::uint64_t at, void* to, std::size_t n) override;
  bool writemem(pid_t pid, std::uint64_t at, const void* from,
                std::size_t n) override;
  std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                         std::vector<std::uint64_t> args) override;
  void makecall(pid_t tid, const registers& entry, bool wide, std::int64_t nr,
                std::vector<std::uint64_t> args) override;
  std::int64_t callvalue(pid_t tid) override {
    return static_cast<std::int64_t>(getregs(tid).rax);
  }
  bool skipcall(pid_t tid, const registers& entry, int& status) override;
  void poke(pid_t pid, pid_t tid) override {
    syscall(SYS_tgkill, pid, tid, SIGUSR1);
  }
  void kill(pid_t pid) override { ::kill(pid, SIGKILL); }
  void end(const std::vector<pid_t>& more) override;
  cpu processor(pid_t pid) override;
  std::string program(pid_t pid) override { return procfile(pid, "exe"); }
  range stack(pid_t pid) override;
  void makeroom(pid_t tid, const range& where) override;
  int duplicate(pid_t pid, int fd) override;
  std::size_t descriptors(pid_t pid) override;

 private:
  void execagain(pid_t tid, bool wide);
  sigset_t chld_{}, old_{};
  pid_t first_ = 0;
};

}  // namespace

std::unique_ptr<machine> ptraced() {
  return std::make_unique<ptracedmachine>();
}

// Ends of children are waited for by sigtimedwait.
ptracedmachine::ptracedmachine() {
  sigemptyset(&chld_);
  sigaddset(&chld_, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld_, &old_);
}

ptracedmachine::~ptracedmachine() { sigprocmask(SIG_SETMASK, &old_, nullptr); }

void ptracedmachine::pause() {
  const timespec nap{0, 300'000};
  sigtimedwait(&chld_, nullptr, &nap);
}

pid_t ptracedmachine::start(const std::string& program,
                            const std::vector<std::string>& args, int outfd) {
  first_ = fork();
  if (first_ == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(outfd, 1);
    dup2(outfd, 2);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& a : args)
      argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    char* env[] = {nullptr};
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execve(program.c_str(), argv.data(), env);
    _exit(126);
  }
  int status;
  if (!waitstop(first_, status)) fail("bed: cannot start %s", program.c_str());
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  ptrace(PTRACE_SETOPTIONS, first_, nullptr, kOptions);
  return first_;
}

void ptracedmachine::end(const std::vector<pid_t>& more) {
  for (const pid_t pid : more) ::kill(pid, SIGKILL);
  if (first_ > 0) ::kill(first_, SIGKILL);
  int status;
  while (waitpid(-1, &status, __WALL) > 0) {
  }
}

registers ptracedmachine::getregs(pid_t tid) {
  registers r;
  if (ptrace(PTRACE_GETREGS, tid, nullptr, static_cast<user_regs_struct*>(&r)) <
      0)
    fail("bed: GETREGS of %d: %s", tid, strerror(errno));
  return r;
}

void ptracedmachine::setregs(pid_t tid, const registers& r) {
  // ESRCH: another thread has ended the process meanwhile, which waitpid will tell.
  if (ptrace(PTRACE_SETREGS, tid, nullptr,
             static_cast<const user_regs_struct*>(&r)) < 0 &&
      errno != ESRCH)
    fail("bed: SETREGS of %d: %s", tid, strerror(errno));
}

bool ptracedmachine::readmem(pid_t pid, std::uint64_t at, void* to,
                             std::size_t n) {
  const iovec here{to, n}, there{reinterpret_cast<void*>(at), n};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) ==
         static_cast<ssize_t>(n);
}

bool ptracedmachine::writemem(pid_t pid, std::uint64_t at, const void* from,
                              std::size_t n) {
  const iovec here{const_cast<void*>(from), n};
  const iovec there{reinterpret_cast<void*>(at), n};
  return process_vm_writev(pid, &here, 1, &there, 1, 0) ==
         static_cast<ssize_t>(n);
}

std::int64_t ptracedmachine::linuxcall(pid_t tid, bool wide, std::int64_t nr,
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

void ptracedmachine::makecall(pid_t tid, const registers& entry, bool wide,
                              std::int64_t nr,
                              std::vector<std::uint64_t> args) {
  args.resize(6);
  registers r = entry;
  setcall(r, wide, nr, args);
  r.rax = entry.rax;
  r.orig_rax = static_cast<std::uint64_t>(nr);
  setregs(tid, r);
  resume(tid);
}

bool ptracedmachine::skipcall(pid_t tid, const registers& entry, int& status) {
  registers skip = entry;
  skip.orig_rax = ~0ULL;
  setregs(tid, skip);
  resume(tid);
  return waitstop(tid, status);
}

// A program that has just been loaded, and has not begun, loads itself once more,
// with the same arguments. It stands where it stood then.
void ptracedmachine::execagain(pid_t tid, bool wide) {
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

// Linux puts the stack at random, now and then where it must not be: then once
// more.
void ptracedmachine::makeroom(pid_t tid, const range& where) {
  const bool wide = processor(tid) != cpu::i386;
  for (;;) {
    bool there = false;
    mappings(tid, [&](const range& r, const std::string&) {
      there |= r.lo < where.hi && where.lo < r.hi;
    });
    if (!there) return;
    execagain(tid, wide);
  }
}

range ptracedmachine::stack(pid_t pid) {
  range found{};
  mappings(pid, [&](const range& r, const std::string& line) {
    if (line.find("[stack]") != std::string::npos) found = r;
  });
  return found;
}

cpu ptracedmachine::processor(pid_t pid) {
  unsigned char ident[EI_NIDENT] = {};
  const int fd = open(program(pid).c_str(), O_RDONLY | O_CLOEXEC);
  if (read(fd, ident, sizeof ident) < 0) fail("bed: cannot read the program");
  close(fd);
  return ident[EI_CLASS] == ELFCLASS64 ? cpu::amd64 : cpu::i386;
}

int ptracedmachine::duplicate(pid_t pid, int fd) {
  const auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  const auto ours = static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
  close(pidfd);
  return ours;
}

std::size_t ptracedmachine::descriptors(pid_t pid) {
  std::size_t n = 0;
  for (const auto& fd : std::filesystem::directory_iterator(
           "/proc/" + std::to_string(pid) + "/fd"))
    n += fd.path().empty() ? 0 : 1;
  return n;
}

}  // namespace abibed
