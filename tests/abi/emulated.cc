// tests/abi/emulated.cc - the emulated machine's threads: their turns, their stops,
// their ends.
#include "tests/abi/emulated.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>

namespace abibed {

namespace {

constexpr int stopstatus(int sig) { return sig << 8 | 0x7f; }
constexpr int kCallstop = stopstatus(SIGTRAP | 0x80);

// Descriptors from here on no program has from us.
constexpr int kInherited = 64;

}  // namespace

std::unique_ptr<machine> emulated() {
  return std::make_unique<emulatedmachine>();
}

// Programs may write where nobody reads.
emulatedmachine::emulatedmachine() {
  static std::uint32_t runs = 0;
  chance_ = ++runs;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &oldpipe_);
}

emulatedmachine::~emulatedmachine() { sigaction(SIGPIPE, &oldpipe_, nullptr); }

emulatedmachine::T& emulatedmachine::thread(pid_t tid) {
  const auto it = threads_.find(tid);
  if (it == threads_.end()) fail("bed: thread %d is no more", tid);
  return *it->second;
}

emulatedprocess& emulatedmachine::process(pid_t id) {
  if (const auto t = threads_.find(id); t != threads_.end())
    return *t->second->proc;
  const auto p = processes_.find(id);
  if (p == processes_.end()) fail("bed: process %d is no more", id);
  return *p->second;
}

// ---- Beginnings ----

pid_t emulatedmachine::start(const std::string& program,
                             const std::vector<std::string>& args, int outfd) {
  auto p = std::make_shared<emulatedprocess>();
  auto t = std::make_unique<T>();
  p->pid = t->tid = ++lastid_;
  p->folder = "/";
  give(*p, open("/dev/null", O_RDONLY | O_CLOEXEC), false);
  for (int i = 0; i < 2; i++) give(*p, fcntl(outfd, F_DUPFD_CLOEXEC, 3), false);
  for (int fd = 3; fd < kInherited; fd++)
    if (fcntl(fd, F_GETFD) == 0)
      p->fds[fd] = owned(fcntl(fd, F_DUPFD_CLOEXEC, 3), false);
  t->proc = processes_[p->pid] = p;
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), args.begin(), args.end());
  enter(*t, program, argv);
  T& first = *t;
  threads_[first.tid] = std::move(t);
  return first.tid;
}

// A thread at the first instruction of a program: the words above its stack pointer
// are as Linux has them.
void emulatedmachine::enter(T& t, const std::string& program,
                            const std::vector<std::string>& args) {
  constexpr std::uint64_t kTop = 0x7ff0000000, kBytes = 256 << 10;
  emulatedprocess& p = *t.proc;
  std::ifstream in(program, std::ios::binary);
  const std::vector<char> file((std::istreambuf_iterator<char>(in)), {});
  p.mem = std::make_shared<space>();
  p.exe = program;
  p.landings = false;
  p.stack = {kTop - kBytes, kTop};
  t.regs = {};
  t.regs.pc = p.mem->load(file);
  p.mem->map(p.stack.lo, kBytes, PROT_READ | PROT_WRITE, false);
  std::uint64_t text = kTop - 4096;
  std::vector<std::uint64_t> words{args.size()};
  for (const std::string& a : args) {
    words.push_back(text);
    p.mem->write(text, a.c_str(), a.size() + 1);
    text += a.size() + 1;
  }
  words.insert(words.end(), 4, 0);  // no more arguments, environment, vector
  t.regs.sp = (kTop - 4096 - words.size() * 8) & ~15ULL;
  p.mem->write(t.regs.sp, words.data(), words.size() * 8);
}

// ---- Turns ----

bool emulatedmachine::next(pid_t& tid, int& status) {
  if (stops_.empty()) {
    fresh_ = !fresh_;
    if (fresh_) round();
  }
  if (stops_.empty()) return false;
  std::tie(tid, status) = stops_.front();
  stops_.pop_front();
  return true;
}

void emulatedmachine::pause() {
  for (const auto& [tid, t] : threads_)
    if (t->state == T::runs) return;
  const timespec nap{0, 300'000};
  nanosleep(&nap, nullptr);
}

void emulatedmachine::round() {
  std::vector<pid_t> ids;
  for (const auto& [tid, t] : threads_) ids.push_back(tid);
  for (const pid_t tid : ids) {
    const auto it = threads_.find(tid);
    if (it == threads_.end()) continue;
    T& t = *it->second;
    if (t.state == T::calls) {
      if (const answer v = call(t)) callends(t, *v);
    } else if (t.state == T::runs) {
      turn(t);
    }
  }
}

void emulatedmachine::turn(T& t) {
  chance_ = chance_ * 1664525 + 1013904223;
  const std::size_t n = 500 + (chance_ >> 16) % 4000;
  const halt h = t.proc->mem->run(t.regs, n, t.proc->landings);
  if (h.why == halt::used) return;
  emulatedstop s;
  s.status = h.why == halt::call ? kCallstop : stopstatus(h.sig);
  s.info.si_signo = h.sig;
  s.info.si_code = h.code;
  s.info.si_addr = reinterpret_cast<void*>(h.addr);
  stop(t, s);
}

// ---- Stops ----

void emulatedmachine::stop(T& t, const emulatedstop& s) {
  t.state = T::stopped;
  t.last = s;
  stops_.emplace_back(t.tid, s.status);
}

void emulatedmachine::event(T& t, int which, pid_t child) {
  emulatedstop s;
  s.status = stopstatus(SIGTRAP | which << 8);
  s.child = child;
  stop(t, s);
}

void emulatedmachine::callends(T& t, std::int64_t value) {
  emulatedstop s;
  s.status = kCallstop;
  t.value = value;
  stop(t, s);
}

void emulatedmachine::resume(pid_t tid) {
  const auto it = threads_.find(tid);
  if (it == threads_.end() || it->second->state != T::stopped) return;
  T& t = *it->second;
  if (!t.more.empty()) {
    const emulatedstop s = t.more.front();
    t.more.pop_front();
    stop(t, s);
  } else {
    t.state = t.child != 0 ? T::waits : T::runs;
  }
}

// A signal of Linux's: a call that waits ends first, as one that would be begun
// anew.
void emulatedmachine::interrupt(T& t, int sig, int code, pid_t from) {
  constexpr std::int64_t kRestart = -512;
  emulatedstop s;
  s.status = stopstatus(sig);
  s.info.si_signo = sig;
  s.info.si_code = code;
  s.info.si_pid = from;
  if (t.state == T::runs) return stop(t, s);
  t.more.push_back(s);
  if (t.state == T::calls) callends(t, kRestart);
}

void emulatedmachine::poke(pid_t, pid_t tid) {
  if (threads_.count(tid) != 0) interrupt(thread(tid), SIGUSR1, SI_TKILL, 0);
}

bool emulatedmachine::waitstop(pid_t tid, int& status) {
  status = stopstatus(SIGSTOP);
  return threads_.count(tid) != 0;
}

bool emulatedmachine::isstopped(pid_t tid) {
  const auto it = threads_.find(tid);
  return it != threads_.end() && it->second->state == T::stopped;
}

registers emulatedmachine::getregs(pid_t tid) {
  registers r;
  r.isarm = true;
  r.arm = thread(tid).regs;
  return r;
}

void emulatedmachine::setregs(pid_t tid, const registers& r) {
  if (threads_.count(tid) != 0) thread(tid).regs = r.arm;
}

bool emulatedmachine::readmem(pid_t pid, std::uint64_t at, void* to,
                              std::size_t n) {
  return process(pid).mem->read(at, to, n);
}

bool emulatedmachine::writemem(pid_t pid, std::uint64_t at, const void* from,
                               std::size_t n) {
  return process(pid).mem->write(at, from, n);
}

std::int64_t emulatedmachine::linuxcall(pid_t tid, bool, std::int64_t nr,
                                        std::vector<std::uint64_t> args) {
  T& t = thread(tid);
  args.resize(6);
  t.nr = nr;
  t.args = std::move(args);
  const answer v = call(t);
  if (!v) fail("bed: Linux's call %ld does not end", nr);
  return *v;
}

void emulatedmachine::makecall(pid_t tid, const registers&, bool,
                               std::int64_t nr,
                               std::vector<std::uint64_t> args) {
  T& t = thread(tid);
  args.resize(6);
  t.nr = nr;
  t.args = std::move(args);
  t.state = T::calls;
  if (const answer v = call(t)) callends(t, *v);
}

int emulatedmachine::duplicate(pid_t pid, int fd) {
  const emulatedprocess& p = process(pid);
  const auto it = p.fds.find(fd);
  return it == p.fds.end() ? -1 : fcntl(*it->second.fd, F_DUPFD_CLOEXEC, 3);
}

// ---- Ends ----

void emulatedmachine::endthread(T& t, int status) {
  const auto p = t.proc;
  const pid_t tid = t.tid;
  stops_.emplace_back(tid, status);
  threads_.erase(tid);
  for (const auto& [id, other] : threads_)
    if (other->proc == p) return;
  endprocess(*p, status);
}

void emulatedmachine::endprocess(emulatedprocess& p, int status) {
  const auto keep = processes_.find(p.pid);
  if (keep == processes_.end()) return;
  const auto self = keep->second;
  processes_.erase(keep);
  for (auto it = threads_.begin(); it != threads_.end();) {
    if (it->second->proc == self) {
      stops_.emplace_back(it->first, status);
      it = threads_.erase(it);
    } else {
      ++it;
    }
  }
  self->fds.clear();
  released(self->pid);
  const auto parent = processes_.find(self->parent);
  if (parent == processes_.end()) return;
  parent->second->ended[self->pid] = status;
  for (const auto& [id, t] : threads_)
    if (t->proc == parent->second)
      return interrupt(*t, SIGCHLD, CLD_EXITED, self->pid);
}

// A vforked child has left its parent's memory.
void emulatedmachine::released(pid_t child) {
  for (const auto& [id, t] : threads_) {
    if (t->child != child) continue;
    t->child = 0;
    if (t->state == T::waits)
      callends(*t, child);
    else
      fail("bed: a vforked child was faster than its birth");
  }
}

void emulatedmachine::kill(pid_t pid) {
  if (const auto it = processes_.find(pid); it != processes_.end())
    endprocess(*it->second, SIGKILL);
}

void emulatedmachine::end(const std::vector<pid_t>&) {
  threads_.clear();
  processes_.clear();
  stops_.clear();
}

}  // namespace abibed
