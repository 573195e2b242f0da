// tests/abi/start.cc - the beginning and the end of a program under test.
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/abi/kernel.h"

namespace abibed {

void kernel::launch(const std::string& program,
                    const std::vector<std::string>& args) {
  outfd_ = memfd_create("output", MFD_CLOEXEC);
  if (how_.sockets) givesockets();  // which it inherits
  first_ = tracees->start(program, args, outfd_);
  if (how_.sockets) takesockets();
  auto t = std::make_unique<thread>();
  t->lid = first_;
  t->proc = std::make_shared<process>();
  thread& main = *(threads_[first_] = std::move(t));
  atexec(main);
  resume(main.lid);
}

void kernel::atexec(thread& t) {
  auto p = std::make_shared<process>();
  p->pid = t.lid;
  p->processor = tracees->processor(t.lid);
  p->wide = p->processor != cpu::i386;
  for (int sig = 1; sig <= kSignals; sig++)  // ignored ones stay so
    if (t.proc->actions[sig].handler == 1) p->actions[sig].handler = 1;
  t.proc = p;
  tracees->makeroom(t.lid, needs(t));
  p->stacks.push_back(tracees->stack(t.lid));
  t.alt = {};
  t.onlinux = {};
  newidentity(t);
  started(t);
}

outcome kernel::run(const std::string& program,
                    const std::vector<std::string>& args) {
  const std::unique_ptr<machine> m = how_.emulate ? emulated() : ptraced();
  tracees = m.get();
  try {
    launch(program, args);
    loop();
  } catch (const violation& v) {
    out_.violation = v.what();
  }
  collect();
  tracees = nullptr;
  return out_;
}

// Ends what is left, and reads what was written.
void kernel::collect() {
  std::vector<pid_t> left(early_.begin(), early_.end());
  for (const auto& [lid, t] : threads_) left.push_back(t->proc->pid);
  tracees->end(left);
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

std::string cannot(const std::string& arch) {
  if (arch == "arm64")
    return emulated() != nullptr ? "" : "libunicorn is not here";
  const auto traced = [] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) _exit(1);
  };
  if (!works(traced)) return "ptrace is not allowed here";
  const auto narrow = [] {
    long r = 20;  // getpid, by the gate of 32-bit programs
    asm volatile("int $0x80" : "+a"(r)::"memory");
    if (r <= 0) _exit(1);
  };
  if (arch == "386" && !works(narrow)) return "no 32-bit programs here";
  return "";
}

static std::unique_ptr<kernel> make(const options& how) {
  return how.release.os == system::openbsd ? openbsd(how) : darwin(how);
}

outcome run(const std::string& program, const std::vector<std::string>& args,
            const options& how) {
  return make(how)->run(program, args);
}

std::vector<std::string> callnames(const options& how) {
  return make(how)->names();
}

}  // namespace abibed
