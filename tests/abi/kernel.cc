// tests/abi/kernel.cc - the loop: threads stop at their calls and signals, are
// looked after one at a time, and go on.
//
// A call is answered in one of three ways: at once (finish), by a Linux call that
// the thread makes in its place (aslinux), or later, the thread standing still at
// the call's entry meanwhile (sleep).
#include "tests/abi/kernel.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace abibed {

namespace {

// How long a program may take, in ns; mutants are given less.
std::int64_t patience() {
  const char* const s = getenv("ABI_PATIENCE");
  return (s != nullptr ? atoll(s) : 60) * 1'000'000'000;
}

}  // namespace

std::int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

std::string kernel::states() const {
  std::string s;
  for (const auto& [lid, t] : threads_)
    s += " thread " + std::to_string(t->id) +
         (t->sleeping  ? " sleeps in "
          : t->onlinux ? " is in "
                       : " runs after ") +
         (out_.calls.empty() ? "" : out_.calls[t->record].name);
  return s;
}

void kernel::loop() {
  const std::int64_t deadline = now() + patience();
  while (!threads_.empty()) {
    if (step()) continue;
    timers();
    bool stuck = !threads_.empty();
    for (const auto& [lid, t] : threads_)
      if (!t->sleeping || t->deadline >= 0 || t->onpoll) stuck = false;
    if (stuck) fail("every thread sleeps for ever:%s", states().c_str());
    if (now() > deadline)
      fail("no end in sight:%s %s", states().c_str(), doubt_.c_str());
    tracees->pause();
  }
}

// One event. False: there is none. All that are there are taken before the next ones
// can come: Linux tells of young threads first, and those that spin would keep the
// bed from the one they wait for.
bool kernel::step() {
  pid_t lid;
  int status;
  if (events_.empty())
    while (tracees->next(lid, status)) events_.emplace_back(lid, status);
  if (events_.empty()) return false;
  std::tie(lid, status) = events_.front();
  events_.pop_front();
  thread* const t = findlinux(lid);
  if (!WIFSTOPPED(status))
    gone(lid, status);
  else if (t == nullptr)
    early_.insert(lid);
  else
    attempt(lid, [&] { stopped(*t, status); });
  return true;
}

// Another thread may end the process at any moment: what was seen of one that is not
// stopped any more means nothing.
void kernel::attempt(pid_t lid, const std::function<void()>& fn) {
  try {
    fn();
  } catch (const violation& v) {
    if (tracees->isstopped(lid)) throw;
    doubt_ = v.what();
  }
}

void kernel::gone(pid_t lid, int status) {
  early_.erase(lid);
  if (thread* const t = findlinux(lid)) {
    std::erase(sleepers_, lid);
    const auto ended = t->ongone;
    threads_.erase(lid);
    if (ended) ended();
  }
  if (lid != first_) return;
  if (WIFEXITED(status)) out_.exitcode = WEXITSTATUS(status);
}

void kernel::stopped(thread& t, int status) {
  const int sig = WSTOPSIG(status), event = status >> 16;
  if (event == PTRACE_EVENT_EXEC) {
    t.onlinux = [this, &t](std::int64_t) {
      const auto hadmask = t.mask;
      atexec(t);
      t.mask = hadmask;
      t.incall = false;
      resume(t.lid);
    };
    resume(t.lid);
  } else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
             event == PTRACE_EVENT_VFORK) {
    if (!t.onbirth) fail("bed: a birth that nobody asked for");
    const auto begin = t.onbirth;
    t.onbirth = {};
    begin(born(tracees->child(t.lid)));
    resume(t.lid);
  } else if (sig == (SIGTRAP | 0x80)) {
    if (!t.incall) {
      atcall(t);
    } else {
      const auto then = t.onlinux;
      const std::int64_t r = tracees->callvalue(t.lid);
      t.onlinux = {};
      t.incall = false;
      if (!then) fail("bed: the end of a call that nobody made");
      then(t.proc->wide ? r : static_cast<std::int32_t>(r));
    }
  } else {
    atsignal(t, sig);
  }
}

// A new thread of Linux, at its first stop.
thread& kernel::born(pid_t lid) {
  int status;
  if (early_.erase(lid) == 0 &&
      std::erase_if(events_, [&](const auto& e) { return e.first == lid; }) ==
          0 &&
      !tracees->waitstop(lid, status))
    fail("bed: a new thread has vanished");
  auto t = std::make_unique<thread>();
  t->lid = lid;
  return *(threads_[lid] = std::move(t));
}

void kernel::atcall(thread& t) {
  t.entry = getregs(t.lid);
  t.incall = true;
  serve(t);
}

// Of a thread whose registers at the call are in t.entry.
void kernel::serve(thread& t) {
  t.nr = callnumber(t);
  const callrow* row = nullptr;
  const where here =
      t.proc->processor == cpu::arm64 ? where::arm64 : where::x86;
  for (const callrow& c : table())
    if (c.nr == t.nr && c.from <= release() && release() < c.until &&
        (c.cpus == where::all || c.cpus == here))
      row = &c;
  call made;
  made.thread = t.id;
  made.nr = t.nr;
  made.name = row != nullptr ? row->name : "?";
  made.mask = t.mask;
  made.sp = t.entry.sp();
  t.record = out_.calls.size();
  out_.calls.push_back(made);
  if (row == nullptr)
    fail("call %u at pc %llx: this kernel (%u) has none of that number", t.nr,
         t.entry.pc(), release());
  checkcall(t);
  for (int i = 0; i < row->args; i++) record(t).args.push_back(arg(t, i));
  if (!marked(t) && !injected(t)) (this->*row->fn)(t);
}

std::uint64_t kernel::arg(const thread& t, int i) const {
  const registers& r = t.entry;
  if (r.isarm) return r.arm.x[i];
  if (t.proc->wide && i < 6) {
    const std::uint64_t in[] = {r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9};
    return in[i];
  }
  const int place = t.proc->wide ? i - 5 : i + 1;
  std::uint64_t value = 0;
  const std::size_t n = wordbytes(t);
  if (!readmem(t.proc->pid, r.rsp + static_cast<std::size_t>(place) * n, &value,
               n))
    fail("%s: argument %d is not on the stack",
         out_.calls[t.record].name.c_str(), i);
  return value;
}

// From the entry stop of a call that Linux is not to see, to its exit stop.
void kernel::finishwith(thread& t, registers r) {
  if (t.incall) {
    int status = SIGKILL;
    if (!tracees->skipcall(t.lid, t.entry, status)) {
      gone(t.lid, status);
      return;
    }
    t.incall = false;
  }
  go(t, r);
}

void kernel::finish(thread& t, result res) {
  call& c = record(t);
  c.failed = res.failed;
  c.result = res.value;
  registers r = t.entry;
  r.first() = t.proc->wide ? res.value : res.value & 0xffffffff;
  if (res.hassecond) r.second() = res.second;
  r.setcarry(res.failed);
  poison(t, r, res);
  finishwith(t, r);
}

// Lets a thread go on in the program, or in a handler of it.
void kernel::go(thread& t, registers r) {
  r.orig_rax = ~0ULL;
  const pid_t lid = t.lid;
  deliver(t, r);
  if (findlinux(lid) == nullptr) return;
  setregs(lid, r);
  resume(lid);
}

void kernel::aslinux(thread& t, std::int64_t wide, std::int64_t narrow,
                     std::vector<std::uint64_t> args,
                     std::function<void(std::int64_t)> then) {
  t.onlinux = std::move(then);
  if (!t.onlinux)
    t.onlinux = [this, &t](std::int64_t value) {
      constexpr std::int64_t kRestart = -512;  // and below: Linux would restart
      static const std::map<std::int64_t, int> kBsd = {
          {11, 35}, {35, 11}, {38, 78}, {110, 60}, {95, 45}};
      const auto e = kBsd.find(-value);
      if (value >= 0)
        finish(t, ok(static_cast<std::uint64_t>(value)));
      else if (value <= kRestart)
        finish(t, error(EINTR));
      else
        finish(t,
               error(e != kBsd.end() ? e->second : static_cast<int>(-value)));
    };
  tracees->makecall(t.lid, t.entry, t.proc->wide, t.proc->wide ? wide : narrow,
                    std::move(args));
}

void kernel::sleep(thread& t, std::uint64_t ident, std::int64_t deadline) {
  t.sleeping = true;
  t.ident = ident;
  t.deadline = deadline;
  sleepers_.push_back(t.lid);
}

void kernel::interruptible(thread& t, result lapse, result woken,
                           result interrupted) {
  const auto ends = [this, &t](result r) {
    return [this, &t, r] {
      unsleep(t);
      finish(t, r);
    };
  };
  t.onlapse = ends(lapse);
  t.onwake = ends(woken);
  t.oninterrupt = ends(interrupted);
  for (int sig = 1; sig <= kSignals; sig++)  // one may be there already
    if (const bool here = t.pending.count(sig) + t.proc->pending.count(sig) > 0;
        here && (t.mask & bit(sig)) == 0) {
      const auto fn = t.oninterrupt;  // which forgets itself
      fn();
      return;
    }
}

void kernel::unsleep(thread& t) {
  t.sleeping = false;
  t.deadline = -1;
  t.onwake = t.onlapse = t.oninterrupt = t.onpoll = {};
  std::erase(sleepers_, t.lid);
}

int kernel::wake(std::uint64_t ident, int n) {
  int woken = 0;
  for (const pid_t lid : std::deque<pid_t>(sleepers_)) {
    thread* const t = findlinux(lid);
    if (t == nullptr || t->ident != ident || (n > 0 && woken == n)) continue;
    const auto fn = t->onwake;
    woken++;
    fn();
  }
  return woken;
}

void kernel::timers() {
  for (const pid_t lid : std::deque<pid_t>(sleepers_)) {
    thread* const t = findlinux(lid);
    if (t == nullptr || !t->sleeping) continue;
    if (t->onpoll) {
      const auto fn = t->onpoll;
      attempt(lid, fn);
      if (findlinux(lid) == nullptr) continue;
    }
    if (t->sleeping && t->deadline >= 0 && now() >= t->deadline) {
      const auto fn = t->onlapse;
      attempt(lid, fn);
    }
  }
}

thread* kernel::find(std::int64_t id) {
  for (const auto& [lid, t] : threads_)
    if (t->id == id) return t.get();
  return nullptr;
}

thread* kernel::findlinux(pid_t lid) {
  const auto it = threads_.find(lid);
  return it == threads_.end() ? nullptr : it->second.get();
}

}  // namespace abibed
