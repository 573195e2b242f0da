// runtime/sched/dump.cc - printing every goroutine, with its state and trace.
//
//   1 the world is stopped, unless nobody is awake anyway
//   2 the goroutines whose stacks are in use are marked (g::inuse): the
//     caller's, and those of ms whose p was taken. All others are parked,
//     runnable or not started, and stay off their stacks until the world goes
//     on: who lost his p and comes to park meanwhile is marked already, and
//     whoever is readied finds no p to run on
//   3 one after the other is printed. A parked one is asked for its own trace,
//     on its own stack (ontop), so that memory for one trace is enough
//
// The goroutines' list, for the order by number, and the graph of who waits for
// whom are the only things that grow with their number; both are memory of the
// kernel's, not the heap's, for a report may come from a broken one. Without it
// they come in any order, and no cycles are looked for.
//
// Rejected: taking all traces and printing them when the world goes on. A
// million of them are a gigabyte.

#include "runtime/sched/dump.h"

#include <algorithm>
#include <new>
#include <span>
#include <string>

#include "burrow/debug.h"
#include "runtime/diag/panic.h"
#include "runtime/diag/print.h"
#include "runtime/diag/traceback.h"
#include "runtime/os/osproc.h"
#include "runtime/sched/dumptrace.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/sched/waitgraph.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kPatience = 1'000'000'000;
constexpr std::int64_t kMinute = 60'000'000'000;
constexpr std::uint32_t kPollUs = 50;

// Asked for in so many words, a dump is not silenced by BURROW_TRACEBACK.
tracelevel dumplevel() noexcept {
  return std::max(tracelevel_now(), tracelevel::single);
}

// acquire: pairs with the release in globput, for a g that was made since the
// world stands still.
bool alive(const g* gp) noexcept {
  return gp->status.load(acquire) != gstatus::dead &&
         gp->runid == sched.runid.load(relaxed);
}

const char* statename(gstatus status, waitreason why) noexcept {
  switch (status) {
    case gstatus::runnable:
      return "runnable";
    case gstatus::running:
      return "running";
    case gstatus::waiting:
      return waitreason_name(why);
    default:
      return "dead";
  }
}

// The goroutine that mp runs, which is not mp's g0, or null. Its owner may be
// switching: what is read is then one or the other.
__attribute__((no_sanitize_thread)) g* peekcurg(m* mp) noexcept {
  g* gp = __atomic_load_n(&mp->curg, __ATOMIC_RELAXED);
  return gp != &mp->g0 ? gp : nullptr;
}

// What mp, whose p was taken, runs; null: it has come off the goroutine's stack.
// Between the switch to g0 and droptaken, which is when the stack is out of
// use, that is waited for.
g* seizedg(m* mp) noexcept {
  for (;; sys::osyield()) {
    // acquire: with claim none again, the park is complete.
    if (mp->claim.load(acquire) % kClaimNumber != kClaimTaken) return nullptr;
    if (g* gp = peekcurg(mp); gp != nullptr) return gp;
  }
}

// marking sets g::inuse for as long as the world stands still: by itself, or
// because no thread runs any more (dumpfrozen).
class marking {
 public:
  marking(g* here, bool frozen) noexcept : here_(here) {
    for (m* mp = sched.allm.load(acquire); mp != nullptr; mp = mp->alllink) {
      mp->inuse = frozen ? peekcurg(mp) : seizedg(mp);
      if (mp->inuse != nullptr) mp->inuse->inuse = true;
    }
    here->inuse = true;
  }
  ~marking() {
    for (m* mp = sched.allm.load(acquire); mp != nullptr; mp = mp->alllink) {
      if (mp->inuse != nullptr) mp->inuse->inuse = false;
      mp->inuse = nullptr;
    }
    here_->inuse = false;
  }
  marking(const marking&) = delete;
  marking& operator=(const marking&) = delete;

 private:
  g* here_;
};

// place is where a dump runs: on the stack of a goroutine, of g0, or of a thread
// that burrow did not make.
class place {
 public:
  place() noexcept {
    if (m* mp = getm(); mp != nullptr) {
      here_ = mp->curg;
      return;
    }
    void* lo = nullptr;
    void* hi = nullptr;
    osthread_stack(&lo, &hi);
    outside_.stack = {static_cast<char*>(lo), static_cast<char*>(hi)};
    sanitizer_thread(&outside_);
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;

  g* here() noexcept { return here_; }

 private:
  g outside_;
  g* here_ = &outside_;
};

void printrunning(printer& out, const g* gp, trace& t) noexcept {
  if (askrunning(gp, t))
    print_trace(out, t.pcs, t.n, dumplevel());
  else
    out.str("\tgoroutine running on other thread; stack unavailable\n");
}

void printparked(printer& out, g* here, g* gp, trace& t) noexcept {
  if (const char* why = takeparked(here, gp, t); why != nullptr)
    out.str("\t").str(why).str("\n");
  else
    print_trace(out, t.pcs, t.n, dumplevel());
}

void printg(printer& out, g* here, g* gp, std::int64_t now) noexcept {
  static trace t;  // one report at a time
  gstatus status = gp->status.load(acquire);
  if (gp->inuse) status = gstatus::running;
  const gidentity gi = identityof(gp);
  const bool insyscall = status == gstatus::running && gp->syscalls > 0;
  out.str("\n");
  report_header(
      out, gi, insyscall ? "syscall" : statename(status, gp->why),
      status == gstatus::waiting ? (now - gp->waitsince) / kMinute : 0);
  if (status == gstatus::running) {
    printrunning(out, gp, t);
  } else {
    printparked(out, here, gp, t);
  }
  print_creator(out, gi.by);
}

void printleftout(printer& out, std::size_t n) noexcept {
  if (n > 0) out.str("\n...").udec(n).str(" more goroutines left out...\n");
}

// each calls fn(gp) for every goroutine of the run.
template <class F>
void each(F fn) noexcept {
  foreachg(
      [](g* gp, void* arg) {
        if (alive(gp)) (*static_cast<F*>(arg))(gp);
      },
      &fn);
}

std::size_t countall() noexcept {
  std::size_t n = 0;
  each([&n](g*) { n++; });
  return n;
}

// printall prints all but `here`, the cycles first. The world stands still;
// heresp: from where upwards the caller's stack is its goroutine's.
void printall(printer& out, g* here, const void* heresp, std::size_t most,
              bool frozen = false) noexcept {
  // Once where there is room: what the dynamic linker does at the first call
  // takes thrice as much stack.
  trace first;
  takehere(first);
  const marking marks(here, frozen);
  askpatience();
  const std::int64_t now = nanotime();
  const std::size_t n = countall();
  scratch<g*> all(n);  // who is started meanwhile is left out
  each([&all](g* gp) { all.push(gp); });
  std::sort(all.begin(), all.end(),
            [](const g* a, const g* b) { return a->goid < b->goid; });
  if (all) printcycles(out, {all.begin(), all.size()}, here, heresp);
  std::size_t left = most;
  std::size_t over = 0;
  const auto print = [&](g* gp) {
    if (gp == here) return;
    if (left == 0) {
      over++;
      return;
    }
    left--;
    printg(out, here, gp, now);
  };
  if (all)
    std::for_each(all.begin(), all.end(), print);
  else
    each(print);
  printleftout(out, over);
}

// printstates is printall for a world that could not be stopped: nothing is
// touched that somebody may be freeing.
void printstates(printer& out, const g* here) noexcept {
  out.str("\nThe other goroutines could not be stopped; their states:\n");
  std::size_t left = kReportMost;
  std::size_t over = 0;
  each([&](g* gp) {
    if (gp == here) return;
    if (left == 0) {
      over++;
      return;
    }
    left--;
    report_header(
        out, {.goid = gp->goid, .name = nullptr, .locked = false, .by = {}},
        statename(gp->status.load(acquire), gp->why));
  });
  printleftout(out, over);
}

// stopforreport stops the world for good, wherever the caller is.
stopresult stopforreport() noexcept {
  const std::int64_t deadline = nanotime() + kPatience;
  m* mp = getm();
  // In the midst of the runtime: it may hold what others have to wait for.
  if (mp != nullptr && mp->inruntime.load(relaxed) != 0)
    return stopresult::late;
  // Somebody may have failed with it.
  while (!sched.lock.trylock()) {
    if (nanotime() > deadline) return stopresult::late;
    sys::usleep(kPollUs);
  }
  sched.lock.unlock();
  for (;;) {
    const p* mine = mp != nullptr && enter(mp) ? getp(mp) : nullptr;
    const stopresult r = stopworld(mine, deadline);
    if (r != stopresult::busy) return r;
    // Who has stopped it may want our p.
    if (mp != nullptr) leave(mp);
    if (nanotime() > deadline) return stopresult::late;
    sys::usleep(kPollUs);
  }
}

void printself(printer& out, const trace& t) noexcept {
  const gidentity gi = identityof(getg());
  report_header(out, gi, "running");
  print_trace(out, t.pcs, t.n, dumplevel());
  print_creator(out, gi.by);
}

// dumpoutside is dump_goroutines for a thread that burrow did not make.
void dumpoutside(int fd, const void* sp) noexcept {
  stopresult r;
  while ((r = stopworld(nullptr, 0)) == stopresult::busy) sys::usleep(kPollUs);
  printer out(fd);
  if (r != stopresult::stopped) {
    out.str("no goroutines: no burrow::run is on\n");
    return;
  }
  place at;
  begin_report(reportkind::dump);
  printall(out, at.here(), sp, SIZE_MAX);
  out.flush();
  end_report();
  startworld(nullptr);
}

}  // namespace

[[gnu::noinline]] void dumpothers(int fd) noexcept {
  place at;
  const stopresult r = stopforreport();
  printer out(fd);
  if (r == stopresult::stopped)
    printall(out, at.here(), __builtin_frame_address(0), kReportMost);
  else if (r != stopresult::norun)
    printstates(out, at.here());
}

void dumpfrozen(int fd) noexcept {
  place at;
  printer out(fd);
  printall(out, at.here(), nullptr, kReportMost, true);
}

void dumpdeadlock(int fd) noexcept {
  place at;
  printer out(fd);
  printall(out, at.here(), nullptr, kReportMost);
}

}  // namespace burrow::rt

namespace burrow::debug {

using namespace rt;

[[gnu::noinline]] void dump_goroutines(int fd) {
  const void* sp = __builtin_frame_address(0);
  if (getm() == nullptr) return dumpoutside(fd, sp);
  trace t;
  takehere(t);
  m* mp = stopworldong();
  begin_report(reportkind::dump);
  {
    printer out(fd);
    printself(out, t);
    printall(out, mp->curg, sp, SIZE_MAX);
  }
  end_report();
  startworldong(mp);
}

[[gnu::noinline]] std::string stack() {
  trace t;
  takehere(t);
  struct result {
    std::string text;
    bool nomemory = false;
  } r;
  const auto append = [](void* arg, const char* p, std::size_t n) noexcept {
    auto* to = static_cast<result*>(arg);
    try {
      to->text.append(p, n);
    } catch (...) {
      to->nomemory = true;
    }
  };
  {
    printer out(append, &r);
    printself(out, t);
  }
  if (r.nomemory) throw std::bad_alloc();
  return std::move(r.text);
}

}  // namespace burrow::debug
