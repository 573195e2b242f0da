// runtime/sched/proc.cc - parking and yielding.
//
// The direct switch: a goroutine that parks picks the next one itself and jumps
// straight to it (gogo). The lock of the object it waits for stays held until
// the next one has arrived and its stack is out of use; so whoever takes the
// lock afterwards finds a goroutine that may be run anywhere. Only when nothing
// is at hand does it switch to g0, which looks further and may sleep.
//
// Rejected: a "parking" state between running and waiting, with the waker
// spinning on it. It needs a compare-and-swap on either side.
//
// A goroutine whose p was taken while it ran user code (claim.cc) parks like any
// other: that needs no p. If its run is over by then, it ends instead, off
// every queue.

#include "burrow/detail/goexit.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/pick.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

bool runisover(const g* gp) noexcept {
  return sched.ending.load(acquire) || gp->runid != sched.runid.load(acquire);
}

void endzombieong0(m* mp, void* arg) {
  auto* gp = static_cast<g*>(arg);
  if (gp->stack.lo != nullptr) {
    sanitizer_abandon(gp);
    stackfreepool(gp->stack);
    gp->stack = {};
  }
  gp->locals = nullptr;
  gp->flags = 0;
  gp->lockedcount = gp->syscalls = 0;
  if (gp->lockedm != nullptr) {
    mp->exiting = !mp->ism0;
    mp->lockedg = nullptr;
    gp->lockedm = nullptr;
  }
  gp->status.store(gstatus::dead, relaxed);
  gfree(nullptr, gp);
}

// endzombie ends a goroutine whose run is over, where it stands.
[[noreturn]] void endzombie(m* mp, g* gp) noexcept {
  if (gp->lost != nullptr) {
    leave(mp);
    calllost(gp);
    if (enter(mp)) rtthrow("endzombie: it has a p");
  }
  mp->post.call(endzombieong0, gp);
  gogodead(mp, &mp->g0);
}

// A park's two ways to release what the waiter holds.
struct parkhold {
  spinlock* held;
  void (*unlockf)(void*);
  void* arg;

  void letgo() const noexcept {
    if (held != nullptr) held->letgo();
    if (unlockf != nullptr) unlockf(arg);
  }
};

void letgoafterswitch(m*, void* arg) {
  // The copy on the parked stack may be gone once it is unlocked.
  const parkhold h = *static_cast<parkhold*>(arg);
  h.letgo();
}

void parkforeign(g* gp, const parkhold& h) noexcept {
  gp->parkword.store(0, relaxed);
  gp->status.store(gstatus::waiting, relaxed);
  h.letgo();
  while (gp->parkword.load(acquire) == 0) sys::futexsleep(&gp->parkword, 0, -1);
  gp->status.store(gstatus::running, relaxed);
  gp->waiting = nullptr;
}

// abandonpark: the caller must not park, for its run is over. All locks of its
// sudogs are held.
[[noreturn]] void abandonpark(m* mp, g* gp, const parkhold& h) noexcept {
  for (sudog* s = gp->waiting; s != nullptr; s = s->waitlink)
    if (auto* q = s->q.load(relaxed); q != nullptr) q->remove(s);
  gp->waiting = nullptr;  // the next owner of the g shall not inherit them
  h.letgo();
  endzombie(mp, gp);
}

// picktopark is picknext for a goroutine that holds a lock until it is off its
// stack: nobody shall spin for that while memory for a stack is found. Such a
// start is left to g0.
g* picktopark(m* mp) noexcept {
  g* gp = picknext(mp);
  if (gp == nullptr || gp->ctx.sp != nullptr) return gp;
  if (getp(mp)->stackn != 0 && gp->stackpages == 0) return gp;
  mp->picked = gp;
  return nullptr;
}

// parkedge is picktopark for one that is locked to its thread, or run in place.
g* parkedge(m* mp, g* gp) noexcept {
  return (gp->flags & kGJoined) != 0 ? backtojoin(mp, gp) : nullptr;
}

// park switches away from gp, whose wait is set up, and returns when it runs
// again, on which m.
m* park(m* mp, g* gp) noexcept {
  g* next = (gp->flags & (kGLocked | kGJoined)) != 0 ? parkedge(mp, gp)
                                                     : picktopark(mp);
  if (next == nullptr) considerprobe(getp(mp), gp);
  return gogo(mp, gp, next != nullptr ? next : &mp->g0);
}

bool gopark(parkhold& h, sudog* waiting, waitreason why,
            const void* from) noexcept {
  m* mp = getm();
  g* gp = mp != nullptr ? mp->curg : getg();
  gp->waiting = waiting;
  gp->why = why;
  gp->waitsince = sched.clock.load(relaxed);
  if (mp == nullptr) {
    parkforeign(gp, h);
    return true;
  }
  mp->leftfor = from;
  // A sleeper (sleepuntil) and who waits to change maxprocs are in the runtime
  // already, and so have their p.
  const bool havep = mp->inruntime.load(relaxed) != 0 || enter(mp);
  if (!havep && runisover(gp)) abandonpark(mp, gp, h);
  // release: a dump that meets a g which parks without a p sees why it waits.
  gp->status.store(gstatus::waiting, release);
  if (h.unlockf == nullptr) {
    mp->post.unlock = h.held;
  } else {
    mp->post.call(letgoafterswitch, &h);
  }
  mp = havep ? park(mp, gp) : gogo(mp, gp, &mp->g0);
  gp->status.store(gstatus::running, relaxed);
  gp->waiting = nullptr;
  const bool foreseen = mp->leftfor == from;
  leave(mp);
  return foreseen;
}

// Puts the g that reacquire left onto the global queue.
void requeueong0(m* mp, void* arg) {
  (void)mp;
  auto* gp = static_cast<g*>(arg);
  gp->status.store(gstatus::runnable, relaxed);  // also if the run ends here
  globput(gp);
}

// The proxy of a foreign thread. Not destroyed: a thread_local destructor of the
// user's may still use a channel.
g* foreigng() noexcept {
  static thread_local constinit g proxy;
  proxy.flags = kGForeign;
  return &proxy;
}

}  // namespace

__attribute__((noinline)) g* getg() noexcept {
  m* mp = getm();
  return mp != nullptr ? mp->curg : foreigng();
}

std::uint64_t gidof(const g* gp) noexcept { return gp->goid; }

gidentity identityof(const g* gp) noexcept {
  return {.goid = gp->goid,
          .name = gp->name,
          .locked = gp->lockedcount > 0,
          .by = {gp->gopc, gp->parentgoid}};
}

void setcreator(g* gp, creator by) noexcept {
  gp->gopc = by.pc;
  gp->parentgoid = by.goid;
}

void*& glocals() noexcept { return getg()->locals; }

lostcall*& glost() noexcept { return getg()->lost; }

void calllost(g* gp) noexcept {
  while (lostcall* c = gp->lost) {
    gp->lost = c->next;
    c->fn(c);
  }
}

bool willrun(const g* gp) noexcept {
  return (gp->flags & kGForeign) != 0 || !runisover(gp);
}

bool gopark(spinlock* held, sudog* waiting, waitreason why,
            const void* from) noexcept {
  parkhold h{held, nullptr, nullptr};
  return gopark(h, waiting, why, from);
}

bool gopark(void (*unlockf)(void*), void* arg, sudog* waiting, waitreason why,
            const void* from) noexcept {
  parkhold h{nullptr, unlockf, arg};
  return gopark(h, waiting, why, from);
}

void parkforever(waitreason why) noexcept {
  for (;;) gopark(nullptr, nullptr, why);
}

void goyield() noexcept {
  m* mp = getm();
  if (mp == nullptr) return sys::osyield();
  g* gp = mp->curg;
  if (!enter(mp)) {
    leave(reacquire(mp));
    return;
  }
  p* pp = getp(mp);
  if (pp->fifo.empty() && pp->lifo.empty() &&
      pp->runnext.load(relaxed) == nullptr && (gp->flags & kGJoined) == 0 &&
      (pp->tick.load(relaxed) & 63) != 63 && pp->attention.load(relaxed) == 0 &&
      !timetolook(pp)) {
    pp->tick.store(pp->tick.load(relaxed) + 1, relaxed);
    leave(mp);
    return;
  }
  mp->leftfor = nullptr;
  gp->why = waitreason::none;
  gp->status.store(gstatus::runnable, relaxed);
  pp->fifo.pushback(gp);
  g* next = (gp->flags & (kGLocked | kGJoined)) != 0 ? parkedge(mp, gp)
                                                     : picknext(mp);
  if (next == nullptr && considerprobe(pp, gp)) probedready(gp);
  if (next != gp) mp = gogo(mp, gp, next != nullptr ? next : &mp->g0);
  gp->status.store(gstatus::running, relaxed);
  leave(mp);
}

bool yieldtofew(std::uint32_t most) noexcept {
  const m* mp = getm();
  if (mp == nullptr) return false;
  const p* pp = mp->pp.load(relaxed);  // if it is lost: as good a hint
  if (pp == nullptr) return false;
  const std::uint32_t n =
      queued(pp) + (pp->runnext.load(relaxed) != nullptr ? 1 : 0);
  if (n == 0 || n > most) return false;
  // For these a turn is not cheap: a thread's switch, or the waiter's start.
  g* gp = mp->curg;
  if ((gp->flags & (kGLocked | kGJoined)) != 0) return false;
  if (gp->yieldskip > 0) {
    gp->yieldskip--;
    return false;
  }
  // Where the others compute, the caller is late by all they do: seldom again.
  const std::uint64_t before = sys::cputicks();
  goyield();
  const bool slow = sys::cputicks() - before > sys::ticks16us();
  gp->yieldbackoff =
      slow ? static_cast<std::uint8_t>(gp->yieldbackoff * 2 + 1) : 0;
  gp->yieldskip = gp->yieldbackoff;
  return true;
}

m* reacquire(m* mp) noexcept {
  g* gp = mp->curg;
  bool over;
  p* pp = nullptr;
  {
    const lockguard hold(sched.lock);
    over = runover(gp);
    if (!over && !sched.stopping.load(relaxed) && sched.runq.n == 0)
      pp = pidleget(mp->pp.load(relaxed));
  }
  if (over) endzombie(mp, gp);
  if (pp != nullptr) {
    mp->pp.store(nullptr, relaxed);
    mp->claim.store(kClaimNone, relaxed);
    acquirep(mp, pp);
    return mp;
  }
  mp->post.call(requeueong0, gp);
  mp = gogo(mp, gp, &mp->g0);
  gp->status.store(gstatus::running, relaxed);
  return mp;
}

bool runover(const g* gp) noexcept { return runisover(gp); }

bool canspin() noexcept {
  m* mp = getm();
  const std::int32_t n = numprocs();
  if (n < 2 ||
      sched.npidle.load(relaxed) + sched.nmspinning.load(relaxed) + 1 >= n)
    return false;
  static const bool multicore = sys::ncpu() > 1;
  if (!multicore) return false;
  if (mp == nullptr) return true;
  p* pp = getp(mp);  // a hint: the p may be taken from us meanwhile
  return pp != nullptr && pp->runnext.load(relaxed) == nullptr &&
         queued(pp) == 0;
}

}  // namespace burrow::rt
