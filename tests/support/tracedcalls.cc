// tests/support/tracedcalls.cc - tests/support/tracedcalls.h by ptrace.
#include "tests/support/tracedcalls.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>

namespace burrow::testsupport {

namespace {

#ifdef __x86_64__
auto& numberof(user_regs_struct& r) { return r.orig_rax; }
auto& resultof(user_regs_struct& r) { return r.rax; }
long firstarg(const user_regs_struct& r) { return static_cast<long>(r.rdi); }
#else
auto& numberof(user_regs_struct& r) { return r.orig_eax; }
auto& resultof(user_regs_struct& r) { return r.eax; }
long firstarg(const user_regs_struct& r) { return r.ebx; }
#endif

constexpr int kMark = -77;

struct tracee {
  int who = 0;
  bool counts = false;
  bool incall = false;
  bool begun = false;  // its first stop has been
  bool other = false;  // another process
  long nr = -1;
  int error = 0;  // at the end of the call that it is in
  std::map<long, int> made;
};

std::int64_t milliseconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

std::size_t entries(const std::string& folder) {
  std::size_t n = 0;
  std::error_code gone;
  for (const auto& e : std::filesystem::directory_iterator(folder, gone))
    n += e.path().empty() ? 0 : 1;
  return n;
}

class tracer {
 public:
  tracer(const tracedcall& fail, int error) : fail_(fail), error_(error) {}
  tracedrun run(const std::function<void()>& fn);

 private:
  void launch(const std::function<void()>& fn);
  void loop();
  void stopped(pid_t tid, int status);
  void entered(pid_t tid, tracee& t);
  void left(pid_t tid, tracee& t);
  void event(pid_t tid, tracee& t, int what);
  void resume(pid_t tid, int sig = 0);
  tracedstate state() const;
  bool trymark();

  const tracedcall fail_;
  const int error_;
  tracedrun out_;
  pid_t first_ = 0;
  int outfd_ = -1, born_ = 0, children_ = 0;
  bool marking_ = false;
  std::int64_t markuntil_ = 0;
  std::map<pid_t, tracee> all_;
};

void tracer::resume(pid_t tid, int sig) {
  ptrace(PTRACE_SYSCALL, tid, nullptr, static_cast<std::intptr_t>(sig));
}

void tracer::launch(const std::function<void()>& fn) {
  outfd_ = memfd_create("output", 0);
  first_ = fork();
  if (first_ == 0) {
    tracedstart(outfd_);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    fn();
    _exit(0);
  }
  int status;
  waitpid(first_, &status, 0);
  constexpr std::intptr_t kOptions =
      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
      PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  ptrace(PTRACE_SETOPTIONS, first_, nullptr, kOptions);
  all_[first_].begun = true;
  resume(first_);
}

tracedstate tracer::state() const {
  tracedstate s;
  const std::string proc = "/proc/" + std::to_string(first_);
  std::ifstream status(proc + "/status"), maps(proc + "/maps");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigBlk:"))
      s.mask = std::stoull(line.substr(7), nullptr, 16);
  for (std::string line; std::getline(maps, line); s.maps++) {
    std::size_t dash;
    const auto lo = std::stoull(line, &dash, 16);
    s.mapped += std::stoull(line.substr(dash + 1), nullptr, 16) - lo;
  }
  s.descriptors = entries(proc + "/fd");
  s.threads = entries(proc + "/task");
  s.children = children_;
  return s;
}

// The mark waits a while for threads that have ended: they are there until we have
// taken notice. Whether it is done.
bool tracer::trymark() {
  const tracedstate s = state();
  if (!out_.marks.empty() && s.threads > out_.marks[0].threads &&
      milliseconds() < markuntil_)
    return false;
  out_.marks.push_back(s);
  all_[first_].counts = out_.marks.size() == kCountsFrom;
  marking_ = false;
  resume(first_);
  return true;
}

void tracer::entered(pid_t tid, tracee& t) {
  user_regs_struct r;
  ptrace(PTRACE_GETREGS, tid, nullptr, &r);
  t.incall = true;
  t.nr = numberof(r);
  t.error = 0;
  if (tid == first_ && t.nr == SYS_write &&
      static_cast<int>(firstarg(r)) == kMark) {
    constexpr std::int64_t kWhile = 300;
    marking_ = true;
    markuntil_ = milliseconds() + kWhile;
    trymark();
    return;
  }
  if (t.counts) {
    const int before = t.made[t.nr]++;
    out_.calls.push_back({t.nr, t.who, before});
    if (error_ != 0 && t.nr == fail_.nr && t.who == fail_.thread &&
        before == fail_.before) {
      out_.injected++;
      t.error = error_;
      numberof(r) = t.nr == SYS_close ? t.nr : -1;
      ptrace(PTRACE_SETREGS, tid, nullptr, &r);
    }
  }
  resume(tid);
}

void tracer::left(pid_t tid, tracee& t) {
  user_regs_struct r;
  ptrace(PTRACE_GETREGS, tid, nullptr, &r);
  t.incall = false;
  if (t.error != 0) {
    resultof(r) = -t.error;
    ptrace(PTRACE_SETREGS, tid, nullptr, &r);
  } else if (t.nr == SYS_wait4 && static_cast<long>(resultof(r)) > 0 &&
             !t.other) {
    children_--;
  }
  resume(tid);
}

void tracer::event(pid_t tid, tracee& t, int what) {
  unsigned long message = 0;
  ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message);
  if (what == PTRACE_EVENT_EXEC) {
    ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
    all_.erase(tid);
    return;
  }
  const auto child = static_cast<pid_t>(message);
  const bool process = !std::filesystem::exists(
      "/proc/" + std::to_string(first_) + "/task/" + std::to_string(child));
  const bool counts = t.counts;
  if (process && !t.other) children_++;
  tracee& c = all_[child];
  c.who = ++born_;
  c.counts = counts;
  c.other = process;
  if (c.begun) resume(child);  // it was first
  resume(tid);
}

void tracer::stopped(pid_t tid, int status) {
  tracee& t = all_[tid];
  const int sig = WSTOPSIG(status), what = status >> 16;
  if (!t.begun) {  // of a birth that may not have been told
    t.begun = true;
    if (t.who != 0) resume(tid);
  } else if (what != 0) {
    event(tid, t, what);
  } else if (sig == (SIGTRAP | 0x80)) {
    t.incall ? left(tid, t) : entered(tid, t);
  } else {
    resume(tid, sig);
  }
}

void tracer::loop() {
  constexpr std::int64_t kPatience = 20'000;
  const std::int64_t end = milliseconds() + kPatience;
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  while (!all_.empty()) {
    int status;
    const pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
    if (tid < 0) break;
    if (tid > 0 && WIFSTOPPED(status)) {
      stopped(tid, status);
    } else if (tid > 0) {
      if (tid == first_) out_.status = status;
      all_.erase(tid);
    } else if (!marking_ || !trymark()) {
      const timespec nap{0, 500'000};
      sigtimedwait(&chld, nullptr, &nap);
    }
    if (milliseconds() < end) continue;
    out_.trouble = "no end in sight";
    for (const auto& [id, t] : all_) kill(id, SIGKILL);
    return;
  }
}

tracedrun tracer::run(const std::function<void()>& fn) {
  sigset_t chld, old;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, &old);
  launch(fn);
  loop();
  kill(first_, SIGKILL);
  int status;
  while (waitpid(-1, &status, __WALL) > 0) {
  }
  sigprocmask(SIG_SETMASK, &old, nullptr);
  out_.output = tracedoutput(outfd_);
  return out_;
}

}  // namespace

void tracemark() { syscall(SYS_write, kMark, "", 0); }

tracedrun tracecalls(const std::function<void()>& fn, const tracedcall& fail,
                     int error) {
  return tracer(fail, error).run(fn);
}

}  // namespace burrow::testsupport
