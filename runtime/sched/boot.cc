// runtime/sched/boot.cc - run: from the first goroutine to the end of the last.
//
// The thread of run becomes m0: an m like the others, whose g0 is the stack of
// run's caller. It leaves schedule when the main goroutine has returned, on
// whichever thread, and ends the run:
//
//   1 `ending` is set: no m starts another goroutine, and a goroutine that
//     loses its p in user code ends at its next call into the runtime
//   2 the world is stopped: all ps are taken
//   3 every other m is waited for, until it is parked, or in user code
//   4 goroutines that are parked or runnable are taken off the queues of
//     objects that may outlive the run, and their stacks are freed
//   5 the run's number changes: what is left of it is recognised by that
//
// Threads, stacks and gs are kept for the next run.

#include <stdexcept>

#include "burrow/go.h"
#include "runtime/diag/panic.h"
#include "runtime/sched/dump.h"
#include "runtime/sched/env.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/owning.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

constinit scheduler sched;
constinit p* allp[kMaxProcs];

namespace {

constexpr std::uint32_t kPollUs = 50;

std::uint32_t lastrun;  // sched.lock

void claimrun() {
  // In a goroutine it is a mistake; one whose run is over ends, here as elsewhere.
  if (const m* mp = getm(); mp != nullptr &&
                            mp->claim.load(acquire) == kClaimTaken &&
                            runover(mp->curg))
    parkforever(waitreason::forever);
  const lockguard hold(sched.lock);
  if (sched.running || getm() != nullptr)
    throw std::logic_error("burrow::run: another run is on");
  sched.running = true;
}

struct plan {
  int maxprocs;
  std::uint32_t stackpages;
};

plan makeplan(const options& o) {
  if (o.maxprocs < 0)
    throw std::invalid_argument("burrow::run: maxprocs is negative");
  const environment env = readenv();
  int n = o.maxprocs != 0 ? o.maxprocs : env.maxprocs;
  if (n == 0) n = defaultprocs();
  if (n > kMaxProcs) n = kMaxProcs;
  std::size_t bytes = o.stack_size != 0 ? o.stack_size : env.stacksize;
  if (bytes == 0) bytes = kDefaultStack;
  const std::uint32_t pages = stackround(bytes);
  if (pages == 0)
    throw std::length_error(kSmallSpace
                                ? "burrow::run: stack_size is above 256 MiB"
                                : "burrow::run: stack_size is above 64 GiB");
  return {n, pages};
}

g* makemain(m* mp, detail::invoker call, void* arg) noexcept {
  g* gp = galloc(getp(mp));
  setcall(gp, call, arg);
  gp->stackpages = stackround(kMainStack);
  if (gp->stackpages == sched.stackpages.load(relaxed)) gp->stackpages = 0;
  gp->flags = kGMain;
  gp->parentgoid = 0;
  gp->gopc = 0;
  getp(mp)->nstarted.add();
  gp->status.store(gstatus::runnable, relaxed);
  return gp;
}

void startrun(m* mp, const plan& pl) noexcept {
  endcount();
  if (pl.stackpages != sched.stackpages.load(relaxed))
    for (p* pp : allp)
      if (pp != nullptr) stackflush(pp);
  {
    const lockguard hold(sched.lock);
    sched.stackpages.store(pl.stackpages, relaxed);
    sched.maingoexit = false;
    sched.ending.store(false, relaxed);
    sched.stopping.store(true, relaxed);  // stands still until startworld
    sched.m0arrived.store(false, relaxed);
    if (++lastrun == 0) ++lastrun;
    sched.runid.store(lastrun, release);
    sched.m0.store(mp, relaxed);
  }
  sched.clock.store(sys::nanotime(), relaxed);
  procresize(mp, pl.maxprocs);
  acquirep(mp, allp[0]);
  startworld(getp(mp));
  const lockguard hold(sched.lock);
  wakesysmon();
}

// Whether x is where it cannot harm the end of the run. sched.lock held.
bool settled(m* x) noexcept {
  if (!x->live || x->idle) return true;
  if (x->lockedwait) {
    // Its g is never going to be runnable again: let it go on without.
    x->lockedg = nullptr;
    wakem(x);
    return false;
  }
  // In user code, and its p is gone: the next entry sees `ending`.
  return x->claim.load(acquire) == kClaimTaken &&
         x->inruntime.load(acquire) == 0;
}

// Waits until every m but mp is parked, or in the user code of a goroutine that
// has no p any more; those are counted as zombies.
void settle(m* mp) noexcept {
  detail::asymmetric_heavy();  // [ASYM] later entries see `ending`
  for (m* x = sched.allm.load(acquire); x != nullptr; x = x->alllink) {
    if (x == mp) continue;
    for (;; sys::usleep(kPollUs)) {
      const lockguard hold(sched.lock);
      if (!settled(x)) continue;
      if (x->live && !x->idle && !x->zombie) {
        x->zombie = true;
        sched.nmzombie++;
        askyield(x);
      }
      break;
    }
  }
}

// unlink takes an abandoned g off the queues it waits on. False: a waker has
// taken it off one and may still write to its stack. A sudog that is on no queue
// names an object that may be gone: the g was woken already, or the object has
// died and forgotten it (lock null).
bool unlink(g* gp, bool parked) noexcept {
  bool clean = true;
  for (sudog* s = gp->waiting; s != nullptr; s = s->waitlink) {
    if (s->q.load(relaxed) == nullptr) {
      if (parked && s->lock != nullptr) clean = false;
      continue;
    }
    spinlock* l = s->lock;
    if (l->biased())
      static_cast<detail::biasedlock*>(l)->lock();
    else
      l->lock();
    if (auto* q = s->q.load(relaxed); q != nullptr) {
      q->remove(s);
    } else {
      clean = false;
    }
    l->letgo();
  }
  gp->waiting = nullptr;
  return clean;
}

// abandon ends a g that is parked or runnable, without unwinding it.
void abandon(g* gp, void*) {
  // A dead one may be about to be made another, by a foreign thread.
  const gstatus st = gp->status.load(acquire);
  if (st != gstatus::waiting && st != gstatus::runnable) return;
  if (gp->runid != sched.runid.load(relaxed)) return;
  const bool clean = unlink(gp, st == gstatus::waiting);
  calllost(gp);
  gp->status.store(gstatus::dead, relaxed);
  gp->lockedm = nullptr;
  gp->lockedcount = gp->syscalls = 0;
  gp->locals = nullptr;
  if (!clean) return;  // lost, with its stack, rather than reused too early
  gp->flags = 0;       // not before: who was about to wake it reads them
  if (gp->ctx.sp != nullptr) forgetctx(gp);
  if (gp->stack.lo != nullptr) stackfreepool(gp->stack);
  gp->stack = {};
  gfree(nullptr, gp);
}

void emptyps() noexcept {
  for (p* pp : allp) {
    if (pp == nullptr) break;
    cleartimers(pp->ts);
    pp->lifo.clear();
    pp->fifo.clear();
    pp->wokenend = pp->turnsuntil = 0;
    pp->overtakensince = 0;
    pp->runnext.store(nullptr, relaxed);
    pp->attention.store(0, relaxed);
    keepnone(pp);
    pp->status.store(pstatus::dead, relaxed);
    pp->mp.store(nullptr, relaxed);
  }
}

void endrun(m* mp) noexcept {
  sched.m0arrived.store(true, release);
  mp->picked = nullptr;
  if (mp->spinning) {
    mp->spinning = false;
    sched.nmspinning.fetch_sub(1, relaxed);
  }
  if (getp(mp) != nullptr) parkp(mp);
  stopforend();
  settle(mp);
  emptyps();
  foreachg(abandon, nullptr);
  const lockguard hold(sched.lock);
  sched.runq = {};
  sched.runqn.store(0, relaxed);
  sched.pidle = nullptr;
  sched.npidle.store(0, relaxed);
  sched.nprocs.store(0, relaxed);
  sched.runid.store(0, release);
  sched.m0.store(nullptr, relaxed);
  sched.stopping.store(false, relaxed);
  sched.nmidlelocked = 0;
  resetworldsema();
}

}  // namespace

void mainended(m* mp) noexcept {
  sched.ending.store(true, seq_cst);
  m* m0 = sched.m0.load(relaxed);
  if (mp == m0) return;
  // Not to be waited for by a maxprocs() that m0 may be in.
  if (getp(mp) != nullptr) parkp(mp);
  // Wherever m0 is, it has to come and end the run: wake it if it sleeps, take
  // its p if it is in user code. In the runtime it comes by itself, or leaves it
  // for user code before it has noticed: so look again.
  while (!sched.m0arrived.load(acquire)) {
    wakem(m0);
    askyield(m0);
    p* pp = m0->pp.load(relaxed);
    if (pp != nullptr && pp->mp.load(relaxed) == m0 && tryseize(pp)) {
      takep(pp);
      const lockguard hold(sched.lock);
      if (!givestopped(pp)) pidleput(pp);
    }
    sys::usleep(kPollUs);
  }
}

}  // namespace burrow::rt

namespace burrow::detail {

void run_main(invoker call, void* arg, const options& o) {
  using namespace rt;
  const plan pl = makeplan(o);
  claimrun();
  sys::membarrier_init();
  if (sys::membarrier_kind() == sys::barrierkind::unset)
    fatal("the system has, or allows, no membarrier(2)");
  owningagain();
  startsysmon();
  m* mp = mget();
  mp->ism0 = true;
  setm(mp);
  initgogo();
  initfork();
  initg0(mp);
  sigrunmask(sys::getsigmask());
  siginstall();
  minit(mp);
  install_terminate();
  set_tracebackothers(dumpothers);
  startrun(mp, pl);
  mp->picked = makemain(mp, call, arg);
  schedule(mp);
  endrun(mp);
  uninstall_terminate();
  siguninstall();
  unminit(mp);
  setm(nullptr);
  mput(mp);
  const lockguard hold(sched.lock);
  sched.running = false;
}

}  // namespace burrow::detail
