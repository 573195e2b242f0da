// runtime/sched/world.cc - stopping the world, and the number of ps.
//
// stopworld collects the ps: idle ones from the list; those of ms in the
// runtime give themselves up at their next scheduling point (parkp); those of
// ms in user code are taken (claim.cc), so a goroutine that computes for an
// hour does not hold anybody up: it goes on without a p.
//
// While the world stands still, the goroutines whose stacks are in use are the
// caller's and those on ms whose claim is `taken`; no other runs before
// startworld. But threads that have no p, such a goroutine's and foreign ones,
// may still make goroutines runnable, and start some.

#include <memory>
#include <new>

#include "burrow/go.h"
#include "runtime/sched/env.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"
#include "runtime/sched/timerhooks.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kStopRetryNs = 100'000;

// One maxprocs() at a time; the others park as goroutines, so that the world
// can be stopped meanwhile. Touched in the runtime only: who is there belongs to
// the run that is on, and the end of a run, which forgets who held it, has
// waited for all of them.
struct {
  spinlock lock;
  bool held = false;
  waitq q;
} worldsema;

// Context  g, in the runtime, before and after. Returns the m it goes on with.
m* worldacquire(m* mp) noexcept {
  worldsema.lock.lock();
  if (!worldsema.held) {
    worldsema.held = true;
    worldsema.lock.unlock();
    return mp;
  }
  sudog s;
  s.gp = mp->curg;
  s.lock = &worldsema.lock;
  worldsema.q.enqueue(&s);
  gopark(&worldsema.lock, &s, waitreason::semaphore);  // handed to us
  mp = getm();
  return enter(mp) ? mp : reacquire(mp);
}

// Context  g, in the runtime.
void worldrelease() noexcept {
  worldsema.lock.lock();
  sudog* s = worldsema.q.dequeue();
  if (s == nullptr) worldsema.held = false;
  g* gp = s != nullptr ? s->gp : nullptr;
  worldsema.lock.unlock();
  if (gp != nullptr) goready(gp);
}

// Takes pp from an m in user code, if that is where it is.
void trystop(p* pp) noexcept {
  if (pp->status.load(relaxed) != pstatus::running || !tryseize(pp)) return;
  takep(pp);
  const lockguard hold(sched.lock);
  pp->status.store(pstatus::stopped, relaxed);
  sched.nstopwait--;
}

bool stopped() noexcept {
  const lockguard hold(sched.lock);
  return sched.nstopwait <= 0;
}

// Claims `stopping`. One who ends the run waits for another who has stopped the
// world; the others give up when the run ends.
stopresult claimstop(bool forend) noexcept {
  const lockguard hold(sched.lock);
  if (!forend && (sched.ending.load(relaxed) || sched.runid.load(relaxed) == 0))
    return stopresult::norun;
  if (sched.stopping.load(relaxed)) return stopresult::busy;
  sched.stopping.store(true, release);
  return stopresult::stopped;
}

bool late(std::int64_t deadline) noexcept {
  return deadline != 0 && nanotime() >= deadline;
}

// Collects all ps but `mine`; `stopping` is claimed. False: not by the deadline.
bool collectps(const p* mine, std::int64_t deadline) noexcept {
  int others = numprocs() - (mine != nullptr ? 1 : 0);
  {
    const lockguard hold(sched.lock);
    sched.stopnote.clear();
    while (p* pp = pidleget()) {
      pp->status.store(pstatus::stopped, relaxed);
      others--;
    }
    sched.nstopwait += others;
  }
  const int n = numprocs();
  while (!stopped()) {
    for (int i = 0; i < n; i++) {
      if (allp[i] == mine) continue;
      allp[i]->attention.fetch_or(kAttnStop, relaxed);
      trystop(allp[i]);
    }
    if (stopped()) break;
    if (late(deadline)) return false;
    sched.stopnote.sleep(kStopRetryNs);
  }
  return true;
}

// Moves what a p that goes away has to `to`.
void emptyp(p* from, p* to) noexcept {
  if (g* gp = from->runnext.load(relaxed); gp != nullptr) {
    from->runnext.store(nullptr, relaxed);
    to->fifo.pushback(gp);
  }
  while (!from->fifo.empty()) to->fifo.pushback(from->fifo.popfront());
  while (!from->lifo.empty()) to->fifo.pushback(from->lifo.popfront());
  movetimers(from->ts, to->ts);
  stackflush(from);
  while (g* gp = from->gfree) {
    from->gfree = gp->schedlink;
    gfree(nullptr, gp);
  }
  from->ngfree = 0;
  from->status.store(pstatus::dead, relaxed);
}

}  // namespace

stopresult stopworld(const p* mine, std::int64_t deadline) noexcept {
  const stopresult r = claimstop(false);
  if (r != stopresult::stopped) return r;
  return collectps(mine, deadline) ? r : stopresult::late;
}

void stopforend() noexcept {
  while (claimstop(true) != stopresult::stopped) sys::usleep(50);
  collectps(nullptr, 0);
}

m* stopworldong() noexcept {
  m* mp = getm();
  if (!enter(mp)) mp = reacquire(mp);
  mp = worldacquire(mp);
  for (;;) {
    const stopresult r = stopworld(getp(mp), 0);
    if (r == stopresult::stopped) return mp;
    leave(mp);
    if (r == stopresult::norun) parkforever(waitreason::forever);
    goyield();  // a thread without a p has stopped it, and wants ours
    mp = getm();
    if (!enter(mp)) mp = reacquire(mp);
  }
}

void startworldong(m* mp) noexcept {
  startworld(getp(mp));
  worldrelease();
  leave(mp);
}

void resetworldsema() noexcept {
  worldsema.held = false;
  worldsema.q.detach_all();
}

void startworld(const p* mine) noexcept {
  p* work[kMaxProcs];
  int nwork = 0;
  {
    const lockguard hold(sched.lock);
    sched.stopping.store(false, release);
    for (int i = numprocs() - 1; i >= 0; i--) {
      p* pp = allp[i];
      pp->attention.store(
          debugvar.chaos.load(relaxed) ? std::uint32_t{kAttnChaos} : 0u,
          relaxed);
      if (pp == mine) continue;
      if (queued(pp) > 0 || pp->runnext.load(relaxed) != nullptr) {
        pp->status.store(pstatus::running, relaxed);
        work[nwork++] = pp;
      } else {
        pidleput(pp);
      }
    }
  }
  for (int i = 0; i < nwork; i++) startm(work[i], false);
  wakep();
  // Of timers of those that are idle now; and of those that have moved to another p, for
  // the poller does not stand still.
  wakeidlepoller();
}

void parkp(m* mp) noexcept {
  if (mp->spinning) {
    mp->spinning = false;
    sched.nmspinning.fetch_sub(1, relaxed);
  }
  {
    const lockguard hold(sched.lock);
    p* pp = releasep(mp);
    if (givestopped(pp)) return;
    if (sched.ending.load(relaxed)) {
      // What it held is dropped with the run.
      pidleput(pp);
    } else {
      acquirep(mp, pp);  // started again meanwhile
    }
  }
}

void procresize(m* mp, int n) noexcept {
  const int old = numprocs();
  for (int i = 0; i < n; i++) {
    if (allp[i] == nullptr) {
      void* at = memreserve(sizeof(p));
      if (at == nullptr) rtthrow("procresize: out of memory");
      allp[i] = new (at) p;
      allp[i]->id = i;
      sched.nallp.store(i + 1, release);
    }
    if (i < old) continue;
    opentimers(allp[i]->ts);
    allp[i]->status.store(pstatus::stopped, relaxed);
  }
  if (p* mine = getp(mp); mine != nullptr && mine->id >= n) {
    releasep(mp);
    acquirep(mp, allp[0]);
    allp[0]->injoin.store(mine->injoin.load(relaxed), relaxed);
  }
  for (int i = n; i < old; i++) emptyp(allp[i], allp[0]);
  sched.nprocs.store(n, release);  // pairs with numprocs
  sparefor(n);
}

timers* mytimers() noexcept {
  if (m* mp = getm(); mp != nullptr) {
    if (mp->claim.load(acquire) != kClaimTaken) {
      if (p* pp = getp(mp); pp != nullptr) return &pp->ts;
    } else if (runover(mp->curg)) {
      return nullptr;  // its run's timers are gone
    }
  }
  return numprocs() > 0 ? &allp[0]->ts : nullptr;
}

}  // namespace burrow::rt

namespace burrow {

using namespace rt;

namespace {

// A foreign thread has no p to keep while the world stops: a goroutine does it.
int setbyproxy(int n) {
  struct result {
    note done;
    int was = 0;
  };
  const auto r = std::make_shared<result>();
  const std::uint32_t id = sched.runid.load(acquire);
  go([r, n] {
    r->was = maxprocs(n);
    r->done.wakeup();
  });
  // The goroutine may be dropped with its run.
  while (!r->done.sleep(100'000'000) && sched.runid.load(acquire) == id) {
  }
  return r->was;
}

}  // namespace

int maxprocs(int n) {
  const int old = numprocs();
  if (n <= 0 || n == old) return old;
  if (n > kMaxProcs) n = kMaxProcs;
  m* mp = getm();
  if (mp == nullptr) return setbyproxy(n);
  mp = stopworldong();
  const int was = numprocs();
  procresize(mp, n);
  startworldong(mp);
  return was;
}

int num_cpu() { return sys::ncpu(); }

}  // namespace burrow
