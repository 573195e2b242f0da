// bench/scaling/burrow_boot.cc - burrow's scheduler in the simulation: what starts it,
// and what stands for the parts of the runtime that have no part in it.
//
// Compiled as they are: readying, waking, idling, finding, stealing, seizing, joining,
// parking, spawning, sysmon, locks, channels, wait groups. Not here: signals, stop-the-
// world, the end of a run, timers, dumps.
#include <new>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "bench/scaling/workloads.h"
#include "burrow/preempt.h"
#include "runtime/diag/print.h"
#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/env.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/owning.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/signal/ask.h"
#include "runtime/signal/signal.h"

namespace burrow::rt {

constinit scheduler sched;
constinit p* allp[kMaxProcs];
debugvars debugvar;
bool forkedchild = false;
std::atomic<std::int32_t> npolled{0};

[[noreturn]] void fatal(const char* why) noexcept { sim::fail(why); }
[[noreturn]] void rtthrow(const char* why) noexcept { sim::fail(why); }

// ---- Stacks: one size, never given back ----

constexpr std::size_t kStackBytes = std::size_t{32} << 10;
namespace {
stackspan* freestack;  // by their lowest word
}  // namespace

stackspan stackallocslow(p*, std::uint32_t) noexcept {
  if (freestack != nullptr) {
    const stackspan s{reinterpret_cast<char*>(freestack),
                      reinterpret_cast<char*>(freestack) + kStackBytes};
    freestack = *reinterpret_cast<stackspan**>(freestack);
    return s;
  }
  char* lo = static_cast<char*>(sim::arena(kStackBytes));
  return {lo, lo + kStackBytes};
}
// The caller may run on s until its next switch, which is over when the m's next one
// comes.
void stackfree(m* mp, stackspan s) noexcept {
  if (mp->deadstack.lo != nullptr) stackfreepool(mp->deadstack);
  mp->deadstack = s;
}
void stackfreepool(stackspan s) noexcept {
  *reinterpret_cast<stackspan**>(s.lo) = freestack;
  freestack = reinterpret_cast<stackspan*>(s.lo);
}
std::uint32_t stackround(std::size_t) noexcept { return 8; }
void stacktrim() noexcept {}

// ---- Threads ----

namespace {
struct beginning {
  void (*fn)(void*);
  void* arg;
};
}  // namespace

std::int64_t newthreadblocked(void (*fn)(void*), void* arg,
                              std::size_t) noexcept {
  sim::start(fn, arg, sim::cost().newthread);
  sim::work(sim::cost().newthread);
  return 0;
}
void osthread_stack(void** lo, void** hi) noexcept { *lo = *hi = nullptr; }
void minit(m*) noexcept {}
void unminit(m*) noexcept {}
void remask(m*) noexcept {}
void sigfaultsonly(std::uint64_t) noexcept {}
bool askseize(m*, std::uint32_t) noexcept { return false; }

// ---- What never happens here ----

void stoplockedm(m*) noexcept { sim::fail("a locked m"); }
void startlockedm(m*, g*) noexcept { sim::fail("a locked m"); }
void parkp(m*) noexcept { sim::fail("the world stands still"); }
void mainended(m*) noexcept { sim::fail("the end"); }
bool checkdead(int) noexcept { return false; }
void schedtrace(std::int64_t, std::int64_t) noexcept {}
void askyield(m*) noexcept {}
bool considerprobe(const p*, g*) noexcept { return false; }
void probedready(g*) noexcept {}
void probedruns(p*, g*) noexcept {}
std::int64_t runtimers(timers&, std::int64_t) noexcept { sim::fail("a timer"); }
bool givetimers(timers&, timers&) noexcept { return false; }
timers::~timers() {}
void destroylocals(void*) noexcept {}
std::uint64_t goroutinecount() noexcept { return 0; }
printer& printer::str(std::string_view) noexcept { return *this; }
printer& printer::dec(std::int64_t) noexcept { return *this; }
void printer::flush() noexcept {}

// ---- The poller ----

void netpollbreak() noexcept { sim::pollbreak(); }
std::int64_t netpolltime() noexcept { return sim::pollsince() / sim::kNs; }
void netpoll(std::int64_t ns, gqueue& out) noexcept {
  sim::poll(ns < 0 ? -1 : ns * sim::kNs,
            [&out](void* gp) { out.push(static_cast<g*>(gp)); });
}

namespace {

// Reads what costs would be charged for otherwise.
sim::standing stand() {
  sim::standing s;
  for (int i = 0; i < sched.nprocs.load(relaxed); i++)
    s.waiting += static_cast<int>(queued(allp[i])) +
                 (allp[i]->runnext.load(relaxed) != nullptr ? 1 : 0);
  s.waiting += static_cast<int>(sched.runq.n);
  s.idle = sched.npidle.load(relaxed);
  s.spinning = sched.nmspinning.load(relaxed);
  return s;
}

sim::stolen steals() {
  sim::stolen s;
  for (int i = 0; i < sched.nprocs.load(relaxed); i++)
    s.moved += allp[i]->nsteal.n.load(relaxed);
  return s;
}

void names(int nprocs) {
  for (int i = 0; i < nprocs; i++) {
    p* pp = allp[i];
    sim::name("p: rest", pp, sizeof *pp);
    sim::name("p: queues", pp, kCacheLine);
    sim::name("p: attention, status, tick", &pp->attention, kCacheLine);
    sim::name("p: timers", &pp->ts, sizeof pp->ts);
  }
  sim::name("sched: rest", &sched, sizeof sched);
  sim::name("sched.lock, global queue", &sched, kCacheLine);
  sim::name("sched.clock", &sched.clock, 8);
  sim::name("npidle", &sched.npidle, 4);
  sim::name("nmspinning, runqn", &sched.nmspinning, 4);
  sim::name("goidgen, poller", &sched.goidgen, 8);
}

const std::string* workload;

void callmain(void*) {
  sim_workloads::perform(*workload);
  sim::stop();
}

void mainthread(void* arg) {
  auto* mp = static_cast<m*>(arg);
  setm(mp);
  initg0(mp);
  acquirep(mp, allp[0]);
  g* gp = galloc(allp[0]);
  gp->invoke = callmain;
  gp->parentgoid = 0;
  gp->status.store(gstatus::runnable, relaxed);
  mp->picked = gp;
  schedule(mp);
}

void boot(int nprocs, const std::string& name) {
  workload = &name;
  debugvar.chaos.store(true, relaxed);  // mget: seeds by number
  debugvar.chaosseed.store(sim::seed(), relaxed);
  debugvar.pollspin.store(0, relaxed);
  for (int i = 0; i < nprocs; i++) {
    allp[i] = new (memreserve(sizeof(p))) p;
    allp[i]->id = i;
  }
  sched.nallp.store(nprocs, relaxed);
  sched.nprocs.store(nprocs, relaxed);
  sched.runid.store(1, relaxed);
  for (int i = nprocs - 1; i > 0; i--) pidleput(allp[i]);
  npolled.store(sim::polls() ? 1 : 0, relaxed);
  names(nprocs);
  owningagain();
  initgogo();
  m* mp = mget();
  mp->ism0 = true;
  sim::start(mainthread, mp, 0);
  startsysmon();
}

[[maybe_unused]] const bool registered = [] {
  sim::protocols().push_back({SCALING_NAME, boot, stand, steals});
  return true;
}();

}  // namespace

}  // namespace burrow::rt

namespace burrow {
no_preempt::no_preempt() noexcept : gp_(nullptr) {}
no_preempt::~no_preempt() { (void)gp_; }
}  // namespace burrow
