// runtime/sched/deadlock.cc - "all goroutines are asleep", and the dump of all.
//
// Checked each time an m goes to sleep: if no m runs, no timer is set and no
// thread that is not ours is alive, then nothing can ever wake anybody.

#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/diag/traceback.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

// Threads of the process that burrow did not make, but for the one of run.
bool foreignthreads(int exiting) noexcept {
  const int all = sys::threadcount();
  if (all < 0) return true;  // unknown: report nothing rather than wrongly
  const int sysmon = sched.sysmonstarted ? 1 + kSanitizerThreads : 0;
  const int sigthread = sigthreadstarted() ? 1 : 0;
  return all > sched.mcount + exiting + sysmon + sigthread;
}

struct counts {
  int alive = 0;
};

bool alive(const g* gp) noexcept {
  return gp->status.load(relaxed) != gstatus::dead &&
         gp->runid == sched.runid.load(relaxed);
}

const char* statename(const g* gp) noexcept {
  switch (gp->status.load(relaxed)) {
    case gstatus::runnable:
      return "runnable";
    case gstatus::running:
      return "running";
    case gstatus::waiting:
      return waitreason_name(gp->why);
    default:
      return "dead";
  }
}

struct trace {
  std::uintptr_t pcs[kMaxTrace + 1];
  int n = 0;
};

void takehere(void* arg) {
  auto* t = static_cast<trace*>(arg);
  t->n = capture_here(t->pcs, kMaxTrace + 1, 1);
}

struct dumpjob {
  int fd;
  m* mp;
  std::uint64_t except;
};

void dumpg(g* gp, void* arg) {
  const auto* job = static_cast<dumpjob*>(arg);
  if (!alive(gp) || gp->goid == job->except) return;
  printer(job->fd).str("\n");
  report_header(job->fd, gp->goid, gp->name, statename(gp));
  if (gp->status.load(relaxed) == gstatus::running) {
    printer(job->fd).str(
        "\tgoroutine running on other thread; stack unavailable\n");
    return;
  }
  if (gp->ctx == nullptr) {
    printer(job->fd).str("\tnot started\n");
    return;
  }
  static trace t;  // one report at a time
  ontop(job->mp, gp, takehere, &t);
  print_trace(job->fd, t.pcs, t.n);
}

[[noreturn]] void dead(const char* msg) noexcept {
  begin_report();
  printer(2).str("fatal error: ").str(msg).str("\n");
  dumpgoroutines(2);
  exit_panic();
}

}  // namespace

const char* waitreason_name(waitreason why) noexcept {
  static constexpr const char* kNames[] = {
      "waiting",
      "chan receive",
      "chan send",
      "chan receive (nil chan)",
      "chan send (nil chan)",
      "select",
      "select (no cases)",
      "sleep",
      "sync.Mutex.Lock",
      "sync.RWMutex.RLock",
      "sync.RWMutex.Lock",
      "sync.WaitGroup.Wait",
      "sync.Cond.Wait",
      "semacquire",
      "sync.Once.Do",
      "future",
      "forever",
  };
  return kNames[static_cast<int>(why)];
}

void dumpgoroutines(int fd) noexcept {
  dumpjob job{fd, getm(), 0};
  if (job.mp == nullptr || job.mp->curg != &job.mp->g0) return;
  foreachg(dumpg, &job);
}

bool checkdead(int exiting) noexcept {
  if (!sched.running || sched.ending.load(relaxed) ||
      sched.stopping.load(relaxed))
    return false;
  const int awake = sched.mcount - sched.nmidle - sched.nmidlelocked;
  // A zombie counts, too: it may hold a lock that is waited for, until it ends.
  if (awake > 0 || sched.runq.n > 0) return false;
  if (earliesttimer() != 0 || sigregistered()) return false;
  if (foreignthreads(exiting)) return true;
  counts c;
  foreachg(
      [](g* gp, void* arg) {
        if (alive(gp)) static_cast<counts*>(arg)->alive++;
      },
      &c);
  if (c.alive == 0 && sched.maingoexit)
    dead("no goroutines (main called runtime.Goexit) - deadlock!");
  dead("all goroutines are asleep - deadlock!");
}

}  // namespace burrow::rt
