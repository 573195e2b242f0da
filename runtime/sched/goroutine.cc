// runtime/sched/goroutine.cc - the life of a g: from the free list to its end.
//
// gs are cut from chunks and never freed, so a stale pointer to one is always a
// pointer to some g. A goroutine gets its stack when it first runs; one that
// ends goes straight on, on the same hot stack, with the next that has not
// started: a goroutine that never blocks never switches.
//
// Rejected: the g on top of its stack. It would save the first cache miss of a
// start, but a g that has not started would need its stack already.

#include "runtime/sched/goroutine.h"

#include <cstdlib>
#include <utility>

#include "burrow/detail/goexit.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/pick.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"

namespace burrow::rt {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::uint32_t kGidBatch = 64;

struct chunk {
  chunk* next;
  std::size_t used;
};
constexpr std::size_t kFirst =
    (sizeof(chunk) + alignof(g) - 1) / alignof(g) * alignof(g);
constexpr std::size_t kPerChunk = (kChunkBytes - kFirst) / sizeof(g);

struct {
  rtmutex lock;
  chunk* chunks = nullptr;  // newest first
  g* free = nullptr;
} gpool;

g* chunkat(chunk* c, std::size_t i) noexcept {
  return reinterpret_cast<g*>(reinterpret_cast<char*>(c) + kFirst) + i;
}

// Where there are many gs, their pages come so many bytes at a time: a fault each costs
// half as much again.
constexpr std::size_t kAtOnce = std::size_t{64} << 10;
void commitnext(chunk* c) noexcept {
  if (c->next == nullptr) return;
  // What the next g takes; with the first, what comes before it, too.
  const std::size_t at = kFirst + c->used * sizeof(g);
  const std::size_t from = c->used == 0 ? 0 : at;
  const std::size_t block = (from + kAtOnce - 1) / kAtOnce * kAtOnce;
  if (block < at + sizeof(g))
    sys::syscommit(reinterpret_cast<char*>(c) + block, kAtOnce, kAtOnce, 1);
}

// gpool.lock held.
g* takeg() noexcept {
  if (g* gp = gpool.free; gp != nullptr) {
    gpool.free = gp->schedlink;
    return gp;
  }
  chunk* c = gpool.chunks;
  if (c == nullptr || c->used == kPerChunk) {
    c = static_cast<chunk*>(memreserve(kChunkBytes));
    if (c == nullptr) fatal("out of memory: cannot make a goroutine");
    c->next = gpool.chunks;
    c->used = 0;
    gpool.chunks = c;
  }
  commitnext(c);
  return new (chunkat(c, c->used++)) g;
}

void refill(p* pp) noexcept {
  const lockguard hold(gpool.lock);
  for (int i = 0; i < 32; i++) {
    g* gp = takeg();
    gp->schedlink = pp->gfree;
    pp->gfree = gp;
    pp->ngfree++;
  }
}

void drain(p* pp) noexcept {
  const lockguard hold(gpool.lock);
  for (std::uint32_t i = 0; i < kFreeMax / 2; i++) {
    g* gp = pp->gfree;
    pp->gfree = gp->schedlink;
    gp->schedlink = gpool.free;
    gpool.free = gp;
  }
  pp->ngfree -= kFreeMax / 2;
}

// The run goes on without its main goroutine, until all have ended.
void maingoexit(g* gp) noexcept {
  m* mp = getm();
  (void)enter(mp);  // who takes the p looks at the flags
  gp->flags &= static_cast<std::uint8_t>(~kGMain);
  leave(mp);
  const lockguard hold(sched.lock);
  sched.maingoexit = true;
}

// callclosure is the goroutine's base frame of user code. Only goexit's own
// exception is caught: the search for any other handler finds none and ends
// the process at the throw, with the stack still there to be shown.
[[gnu::always_inline]] inline void callclosure(g* gp) {
  try {
    gp->invoke(gp->inlineclosure);
  } catch (detail::goexit_signal& s) {
    s.reached();
    if ((gp->flags & kGMain) != 0) maingoexit(gp);
  }
}

inline void endlocals(g* gp) noexcept {
  if (gp->locals == nullptr) [[likely]]
    return;
  destroylocals(gp->locals);
  gp->locals = nullptr;
}

// Ends gp, whose m is locked to it, or which is the main goroutine, on g0.
void endong0(m* mp, void* arg) {
  auto* gp = static_cast<g*>(arg);
  const bool wasmain = (gp->flags & kGMain) != 0;
  gp->flags = 0;
  stackfreepool(gp->stack);
  gp->stack = {};
  gfree(getp(mp), gp);
  if (wasmain) mainended(mp);
}

[[noreturn]] void endspecial(m* mp, g* gp) noexcept {
  if (gp->lockedm != nullptr) {
    // Go's rule: the thread ends with it, for its state is unknown. m0 is the
    // caller of run: it stays, locked to what never runs, until the run ends.
    mp->exiting = !mp->ism0;
    mp->lockedg = mp->ism0 ? &mp->g0 : nullptr;
    gp->lockedm = nullptr;
    gp->lockedcount = 0;
  }
  mp->post.call(endong0, gp);
  gogodead(mp, &mp->g0);
}

// goend ends gp. Returns null if another goroutine is to start on this stack,
// else what goroutinemain returns.
const gocontext* goend(m* mp, g* gp) noexcept {
  p* pp = getp(mp);
  if (pp == nullptr) __builtin_unreachable();
  BURROW_DCHECK(mp->curg == gp && pp->mp.load(relaxed) == mp);
  BURROW_DCHECK(gp->status.load(relaxed) == gstatus::running);
  gp->status.store(gstatus::dead, relaxed);
  pp->nended.add();
  g* next;
  if ((gp->flags & (kGLocked | kGMain | kGJoined)) == 0) {
    next = picknext(mp);
  } else {
    if ((gp->flags & kGJoined) == 0) endspecial(mp, gp);
    next = endjoined(mp, gp);
  }
  if (next != nullptr && next->ctx.sp == nullptr && next->stackpages == 0 &&
      gp->stackpages == 0) {
    next->stack = gp->stack;
    gp->stack = {};
    sanitizer_inherit(gp, next);
    gfree(pp, gp);
    *mp->errnop = 0;
    mp->curg = next;
    return nullptr;
  }
  // Most have a stack of the default size, for which there is room.
  if (gp->stackpages != 0 || !cachestack(pp, gp->stack))
    stackfree(mp, gp->stack);
  gp->stack = {};
  gfree(pp, gp);
  return gogoend(mp, next != nullptr ? next : &mp->g0);
}

// begin is the start of mp's curg; it leaves the runtime.
inline g* begin(m* mp) noexcept {
  g* gp = mp->curg;
  BURROW_DCHECK(gp->status.load(relaxed) == gstatus::runnable);
  gp->status.store(gstatus::running, relaxed);
  leave(mp);
  return gp;
}

// endandgoon is what goroutinemain does once gp has come to its end.
[[gnu::noinline]] const gocontext* endandgoon(m* mp, g* gp, bool lost) {
  if (lost) mp = reacquire(mp);
  const gocontext* to = goend(mp, gp);
  return to != nullptr ? to : goroutinemain(mp);
}

}  // namespace

g* gallocslow(p* pp) noexcept {
  if (pp != nullptr) {
    if (pp->gfree == nullptr) refill(pp);
    if (pp->goidnext == pp->goidend) {
      pp->goidnext = sched.goidgen.fetch_add(kGidBatch, relaxed);
      pp->goidend = pp->goidnext + kGidBatch;
    }
    return galloc(pp);
  }
  g* gp;
  {
    const lockguard hold(gpool.lock);
    gp = takeg();
  }
  BURROW_DCHECK(gp->status.load(relaxed) == gstatus::dead && gp->flags == 0);
  gp->goid = sched.goidgen.fetch_add(1, relaxed) + 1;
  gp->runid = sched.runid.load(relaxed);
  gp->nosafepoint = 0;
  return gp;
}

void gfreeslow(p* pp, g* gp) noexcept {
  std::free(const_cast<char*>(std::exchange(gp->name, nullptr)));
  if (pp != nullptr) {
    if (pp->ngfree == kFreeMax) drain(pp);
    return gfree(pp, gp);
  }
  gp->ctx.sp = nullptr;
  gp->stackpages = 0;
  const lockguard hold(gpool.lock);
  gp->schedlink = gpool.free;
  gpool.free = gp;
}

void foreachg(void (*fn)(g*, void*), void* arg) noexcept {
  gpool.lock.lock();
  chunk* c = gpool.chunks;
  // Of the newest alone more may be cut meanwhile; the others are used up.
  std::size_t used = c != nullptr ? c->used : 0;
  gpool.lock.unlock();
  for (; c != nullptr; c = c->next, used = kPerChunk)
    for (std::size_t i = 0; i < used; i++) fn(chunkat(c, i), arg);
}

const gocontext* goroutinemain(m* mp) {
  for (;;) {
    g* gp = begin(mp);
    callclosure(gp);
    endlocals(gp);
    mp = getm();
    if (!enter(mp)) mp = reacquire(mp);
    if (const gocontext* to = goend(mp, gp); to != nullptr) return to;
  }
}

namespace {

const gocontext* joinedend();

[[gnu::noinline]] const gocontext* joinedlocals() {
  endlocals(getg());
  return joinedend();
}

// joinedend is what joinedmain does once its goroutine has returned. The end that most
// have is here, straight back to outer, in a function with no register to save: a tenth
// of a start and a join.
const gocontext* joinedend() {
  m* mp = getm();
  g* gp = mp->curg;
  if (gp->locals != nullptr) [[unlikely]]
    return joinedlocals();
  const bool lost = !enter(mp);
  if (lost || gp->flags != kGJoined || gp->outer->joinleft > 1) [[unlikely]]
    return endandgoon(mp, gp, lost);
  p* pp = getp(mp);
  if (!freefits(pp, gp) || !cachestack(pp, gp->stack)) [[unlikely]]
    return endandgoon(mp, gp, lost);
  gp->stack = {};
  gp->status.store(gstatus::dead, relaxed);
  pp->nended.add();
  g* outer = unjoin(gp);
  gput(pp, gp);
  return gogoback(mp, outer);
}

}  // namespace

const gocontext* joinedmain() {
  if (kSanitized) return goroutinemain(finishswitch());  // tells them
  m* mp = getm();  // who has switched here left nothing to do
  callclosure(begin(mp));
  return joinedend();
}

}  // namespace burrow::rt
