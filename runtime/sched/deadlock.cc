// runtime/sched/deadlock.cc - "all goroutines are asleep".
//
// Checked each time an m goes to sleep: if no m runs, no timer is set, nobody
// waits for a descriptor and no thread that is not ours is alive, then nothing can
// ever wake anybody.

#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/diag/traceback.h"
#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/dump.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
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
  int polling = 0;  // who waits for a descriptor may be woken from outside
};

bool alive(const g* gp) noexcept {
  return gp->status.load(relaxed) != gstatus::dead &&
         gp->runid == sched.runid.load(relaxed);
}

// sched.lock held.
counts census() noexcept {
  counts c;
  foreachg(
      [](g* gp, void* arg) {
        if (!alive(gp)) return;
        auto* n = static_cast<counts*>(arg);
        n->alive++;
        if (gp->status.load(relaxed) == gstatus::waiting &&
            gp->why == waitreason::io_wait)
          n->polling++;
      },
      &c);
  return c;
}

// A server goes idle after each message: it is not searched for who waits for
// the network more often than once a second. sched.lock held.
bool searchedjustnow() noexcept {
  static std::int64_t last = 0;
  const std::int64_t now = nanotime();
  if (now - last < 1'000'000'000) return true;
  last = now;
  return false;
}

[[noreturn]] void dead(const char* msg) noexcept {
  begin_report();
  printer(2).str("fatal error: ").str(msg).str("\n");
  if (tracelevel_now() != tracelevel::none) dumpdeadlock(2);
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
      "errgroup.Group.Wait",
      "IO wait",
      "forever",
  };
  return kNames[static_cast<int>(why)];
}

bool checkdead(int exiting) noexcept {
  if (!sched.running || sched.ending.load(relaxed) ||
      sched.stopping.load(relaxed))
    return false;
  const int awake = sched.mcount - sched.nmidle - sched.nmidlelocked;
  // A zombie counts, too: it may hold a lock that is waited for, until it ends.
  if (awake > 0 || sched.runq.n > 0) return false;
  if (earliesttimer() != 0 || sigregistered()) return false;
  if (netpollinuse() && searchedjustnow()) return true;
  const counts c = census();
  if (c.polling > 0) return false;
  if (foreignthreads(exiting)) return true;
  if (c.alive == 0 && sched.maingoexit)
    dead("no goroutines (main called runtime.Goexit) - deadlock!");
  dead("all goroutines are asleep - deadlock!");
}

}  // namespace burrow::rt
