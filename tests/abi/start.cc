// tests/abi/start.cc - the beginning and the end of a program under test.
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/abi/kernel.h"

namespace abibed {

namespace {

bool iswide(pid_t pid) {
  const std::string exe = "/proc/" + std::to_string(pid) + "/exe";
  unsigned char ident[EI_NIDENT] = {};
  const int fd = open(exe.c_str(), O_RDONLY | O_CLOEXEC);
  if (read(fd, ident, sizeof ident) < 0) fail("bed: cannot read the program");
  close(fd);
  return ident[EI_CLASS] == ELFCLASS64;
}

}  // namespace

void kernel::launch(const std::string& program,
                    const std::vector<std::string>& args) {
  outfd_ = memfd_create("output", MFD_CLOEXEC);
  first_ = fork();
  if (first_ == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(outfd_, 1);
    dup2(outfd_, 2);
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
  auto t = std::make_unique<thread>();
  t->lid = first_;
  t->proc = std::make_shared<process>();
  thread& main = *(threads_[first_] = std::move(t));
  atexec(main);
  resume(main.lid);
}

// Linux puts the stack at random, now and then where the system has something of
// its own: then once more.
void kernel::atexec(thread& t) {
  auto p = std::make_shared<process>();
  p->pid = t.lid;
  p->wide = iswide(t.lid);
  for (int sig = 1; sig <= kSignals; sig++)  // ignored ones stay so
    if (t.proc->actions[sig].handler == 1) p->actions[sig].handler = 1;
  t.proc = p;
  while (occupied(t.lid, needs(t))) execagain(t.lid, p->wide);
  p->stacks.push_back(mapping(t.lid, "[stack]"));
  t.alt = {};
  t.onlinux = {};
  newidentity(t);
  started(t);
}

outcome kernel::run(const std::string& program,
                    const std::vector<std::string>& args) {
  sigset_t chld, old;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, &old);
  try {
    launch(program, args);
    loop();
  } catch (const violation& v) {
    out_.violation = v.what();
  }
  collect();
  sigprocmask(SIG_SETMASK, &old, nullptr);
  return out_;
}

// Ends what is left, and reads what was written.
void kernel::collect() {
  for (const auto& [lid, t] : threads_) ::kill(t->proc->pid, SIGKILL);
  for (const pid_t lid : early_) ::kill(lid, SIGKILL);
  if (first_ > 0) ::kill(first_, SIGKILL);
  int status;
  while (waitpid(-1, &status, __WALL) > 0) {
  }
  char bytes[4096];
  lseek(outfd_, 0, SEEK_SET);
  for (ssize_t n; (n = read(outfd_, bytes, sizeof bytes)) > 0;)
    out_.output.append(bytes, static_cast<std::size_t>(n));
  close(outfd_);
}

// Whether the thing works in a child of ours.
static bool works(void (*thing)()) {
  const pid_t child = fork();
  if (child == 0) {
    thing();
    _exit(0);
  }
  int status;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

std::string cannot(int wordbytes) {
  const auto traced = [] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) _exit(1);
  };
  if (!works(traced)) return "ptrace is not allowed here";
  const auto narrow = [] {
    long r = 20;  // getpid, by the gate of 32-bit programs
    asm volatile("int $0x80" : "+a"(r)::"memory");
    if (r <= 0) _exit(1);
  };
  if (wordbytes == 4 && !works(narrow)) return "no 32-bit programs here";
  return "";
}

static std::unique_ptr<kernel> make(const options& how) {
  return how.release.os == system::openbsd ? openbsd(how) : darwin(how);
}

outcome run(const std::string& program, const std::vector<std::string>& args,
            const options& how) {
  return make(how)->run(program, args);
}

}  // namespace abibed
