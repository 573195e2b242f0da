// bench/scaling/gomodel.cc - Go's scheduler (1.2x, proc.go) in the simulation.
//
// Written from what proc.go does, function by function; the name before each is its
// there. Left out, for nothing here needs it: timers, garbage collection, sysmon
// (whose part would be preemption after 10 ms), system calls, locked threads, traces.
// Channels, wait groups and threads' locks are burrow's: what differs is the scheduler.
#include "bench/scaling/gomodel.h"

#include <new>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "bench/scaling/workloads.h"
#include "burrow/go.h"
#include "burrow/preempt.h"
#include "runtime/sched/tls.h"

namespace burrow::rt {

schedt gosched;
p* allp[kMostProcs];
int gomaxprocs;
alignas(64) std::atomic<std::uint32_t> idlepmask[kMostProcs / 32];
bool pollinuse;

namespace {

constexpr std::size_t kStack = std::size_t{32} << 10;
char* freestacks;

void finish(m* mp) {
  if (auto* l = mp->unlock; l != nullptr) {
    mp->unlock = nullptr;
    l->letgo();
  }
  if (auto* fn = mp->after; fn != nullptr) {
    mp->after = nullptr;
    fn(mp, mp->afterarg);
  }
}

void freeg(m* mp, void* arg) {
  auto* gp = static_cast<g*>(arg);
  *reinterpret_cast<char**>(gp->stack) = freestacks;
  freestacks = gp->stack;
  gp->stack = nullptr;
  gp->ctx.sp = nullptr;
  gp->schedlink = mp->pp->gfree;
  mp->pp->gfree = gp;
}

const gocontext* gomain() {
  m* mp = getm();
  g* gp = mp->curg;
  gp->invoke(gp->closure);
  mp = getm();
  gp->status.store(gst::dead, relaxed);
  mp->after = freeg;
  mp->afterarg = gp;
  mp->curg = &mp->g0;
  return &mp->g0.ctx;
}

[[noreturn]] void schedule(m* mp) {
  for (;;) {
    const found f = findrunnable(mp);
    if (mp->spinning) {  // resetspinning
      mp->spinning = false;
      gosched.nmspinning.fetch_sub(1);
      wakep();
    }
    g* gp = f.gp;
    if (!f.inherit) mp->pp->schedtick++;
    if (gp->ctx.sp == nullptr) {
      gp->stack = freestacks;
      if (gp->stack != nullptr)
        freestacks = *reinterpret_cast<char**>(freestacks);
      else
        gp->stack = static_cast<char*>(::sim::arena(kStack));
      newctx(&gp->ctx, gp->stack, gp->stack + kStack);
    }
    gp->status.exchange(gst::running);
    mp->curg = gp;
    switchctx(&mp->g0.ctx, &gp->ctx);
    finish(mp);
  }
}

// mcall
void leave(m* mp, g* gp) {
  mp->curg = &mp->g0;
  switchctx(&gp->ctx, &mp->g0.ctx);
}

void gopreempt(m* mp, void* arg) {
  (void)mp;
  const lockguard hold(gosched.lock);
  globput(static_cast<g*>(arg));
}

// newproc
void newproc(g* gp) {
  gp->status.store(gst::runnable, relaxed);
  runqput(getm()->pp, gp, true);
  wakep();
}

g* gfget(m* mp) {
  p* pp = mp->pp;
  g* gp = pp->gfree;
  if (gp == nullptr) return new (::sim::arena(sizeof(g))) g;
  pp->gfree = gp->schedlink;
  return gp;
}

struct callafter {
  void (*fn)(void*);
  void* arg;
};

}  // namespace

void mstart(void* arg) {
  auto* mp = static_cast<m*>(arg);
  setm(mp);
  mp->curg = &mp->g0;
  acquirep(mp, mp->nextp);
  mp->nextp = nullptr;
  schedule(mp);
}

// ---- lock.h ----

void lockwaited() noexcept {}

// ---- park.h ----

g* getg() noexcept { return getm()->curg; }

bool gopark(spinlock* held, sudog*, waitreason, const void*) noexcept {
  m* mp = getm();
  g* gp = mp->curg;
  gp->status.exchange(gst::waiting);
  mp->unlock = held;
  leave(mp, gp);
  return true;
}

bool gopark(void (*fn)(void*), void* arg, sudog*, waitreason,
            const void*) noexcept {
  m* mp = getm();
  g* gp = mp->curg;
  gp->status.exchange(gst::waiting);
  callafter c{fn, arg};
  mp->after = [](m*, void* at) {
    const callafter copy = *static_cast<callafter*>(at);
    copy.fn(copy.arg);
  };
  mp->afterarg = &c;
  leave(mp, gp);
  return true;
}

void parkforever(waitreason why) noexcept {
  for (;;) gopark(nullptr, nullptr, why);
}

bool joinchild(std::int64_t, waitreason) noexcept { return false; }
std::int64_t joincounted(const detail::ownedcount&, std::int64_t n,
                         waitreason) noexcept {
  return n;
}

void goready(g* gp) noexcept {
  gp->status.exchange(gst::runnable);
  runqput(getm()->pp, gp, true);
  wakep();
}

void goreadyyield(g* gp) noexcept { goready(gp); }

void goyield() noexcept {
  m* mp = getm();
  g* gp = mp->curg;
  gp->status.exchange(gst::runnable);
  mp->after = gopreempt;
  mp->afterarg = gp;
  leave(mp, gp);
}

void fatal(const char* why) noexcept { ::sim::fail(why); }
void rtthrow(const char* why) noexcept { ::sim::fail(why); }

// ---- The protocol ----

namespace {

const ::std::string* workload;

void callmain(void*) {
  sim_workloads::perform(*workload);
  ::sim::stop();
}

::sim::standing stand() {
  ::sim::standing s;
  for (int i = 0; i < gomaxprocs; i++)
    s.waiting += static_cast<int>(allp[i]->tail.peek() - allp[i]->head.peek()) +
                 (allp[i]->runnext.peek() != nullptr ? 1 : 0);
  s.waiting += static_cast<int>(gosched.runq.n);
  s.idle = gosched.npidle.peek();
  s.spinning = gosched.nmspinning.peek();
  return s;
}

::sim::stolen steals() {
  ::sim::stolen s;
  for (int i = 0; i < gomaxprocs; i++) {
    s.tried += allp[i]->tried;
    s.done += allp[i]->done;
    s.moved += allp[i]->moved;
  }
  return s;
}

void boot(int nprocs, const ::std::string& name) {
  workload = &name;
  gomaxprocs = nprocs;
  pollinuse = ::sim::polls();
  for (int i = 0; i < nprocs; i++) {
    p* pp = allp[i] = new (::sim::arena(sizeof(p))) p;
    pp->id = i;
    ::sim::name("p: rest", pp, sizeof *pp);
    ::sim::name("p: queues", &pp->head, sizeof *pp - 64);
    ::sim::name("p: timers", &pp->timer, 8);
  }
  for (int i = nprocs - 1; i > 0; i--) pidleput(allp[i]);
  ::sim::name("sched.lock, global queue, npidle, nmspinning", &gosched,
              sizeof gosched);
  ::sim::name("idlepMask", idlepmask, sizeof idlepmask);
  initctx(gomain);
  m* mp = makem();
  mp->nextp = allp[0];
  g* gp = new (::sim::arena(sizeof(g))) g;
  gp->invoke = callmain;
  runqput(allp[0], gp, true);
  ::sim::start(mstart, mp, 0);
}

[[maybe_unused]] const bool registered = [] {
  ::sim::protocols().push_back({SCALING_NAME, boot, stand, steals});
  return true;
}();

}  // namespace

}  // namespace burrow::rt

// ---- burrow/go.h ----

namespace burrow {

no_preempt::no_preempt() noexcept : gp_(nullptr) {}
no_preempt::~no_preempt() { (void)gp_; }
void yield() { rt::goyield(); }

namespace detail {

begun go_begin() {
  rt::m* mp = rt::getm();
  return {rt::gfget(mp)->inlineclosure, mp};
}

void go_commit(begun b, invoker call) noexcept {
  auto* gp = reinterpret_cast<rt::g*>(static_cast<unsigned char*>(b.room) -
                                      offsetof(rt::g, inlineclosure));
  gp->invoke = call;
  gp->closure = b.room;
  rt::newproc(gp);
}

rt::g* go_prepare(const go_options*) { return rt::gfget(rt::getm()); }
void* go_room(rt::g* gp) noexcept { return gp->inlineclosure; }
void go_start(rt::g* gp, invoker call, void* closure) noexcept {
  gp->invoke = call;
  gp->closure = closure;
  rt::newproc(gp);
}
void go_drop(rt::g*) noexcept {}

}  // namespace detail

}  // namespace burrow
