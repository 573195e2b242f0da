// tests/model/spin_programs.cc - [SPIN] and [POLL]: small programs in which some
// ready goroutines or add timers, and others go idle, by the very code of ready.cc,
// findrunnable.cc, donate.cc and wake.cc.
//
// An m that has found a goroutine runs it for ever, in user code. So at the end
// each thread computes or sleeps, and the property is what [SPIN] promises: no
// idle p beside a queue of more than one goroutine, or beside the global queue. (A
// single goroutine in a p's queue is its owner's; sysmon, which is not modelled,
// looks after one whose owner computes.) And for [POLL]: somebody sleeps no longer
// than to the earliest timer.
//
// What is not the runtime's own source here: localnext and what schedule() does
// with a g that was found (schedule.cc), seizing (claim.cc: an owner that computes
// is seized at once), timer heaps (one deadline), the lock (one step) and notes, and
// the clock: a spinner looks around twice before its time is up. No lifo, no
// stop-the-world, no end of a run, no m that is locked. newm has one thread; where it
// makes a second, that stays on its way, as does an m that is woken twice.
//
// Rejected: wake-ups without a bound. While the one who readies is between two
// steps the others may wake each other any number of times, to no avail.
#include MODEL_WAKE
#include MODEL_IDLE
#include MODEL_DONATE
#include MODEL_FIND
#include MODEL_READY

#include <new>
#include <vector>

#include "tests/model/variant.h"

namespace burrow::rt {

namespace {

constexpr int kThreads = 3;
constexpr int kProcs = 2;
constexpr std::int64_t kWhen = 1000;

struct world {
  m ms[kThreads + 1];  // the last has no thread
  p ps[kProcs];
  g gs[6];
  bool born[kThreads] = {};
  bool more = false;  // one is on its way and does not come: the model's end
  std::int64_t clock[kThreads] = {};
  bool foreign[kThreads] = {};
  int firstspare = 2;  // the threads from here on are newm's
  int wakes[kThreads] = {};
  model::location never{0};
};
alignas(world) unsigned char room[sizeof(world)];
world& theworld() { return *std::launder(reinterpret_cast<world*>(room)); }

model::word mixin(model::word h, model::word v) {
  h = (h ^ v) * 0x9e3779b97f4a7c15;
  return h ^ (h >> 31);
}
model::word mixin(model::word h, const void* v) {
  return mixin(h,
               static_cast<model::word>(reinterpret_cast<std::uintptr_t>(v)));
}

// What threads find as another has left it, besides modelled words.
model::word rest() {
  const world& w = theworld();
  model::word h = mixin(w.more ? 3 : 2, sched.runq.n);
  for (const g* gp = sched.runq.first; gp != nullptr; gp = gp->schedlink)
    h = mixin(h, gp);
  for (const p* pp = sched.pidle; pp != nullptr; pp = pp->pidlelink)
    h = mixin(h, pp);
  for (const m* mp = sched.midle; mp != nullptr; mp = mp->schedlink)
    h = mixin(h, mp);
  for (int i = 0; i < kThreads; i++) {
    h = mixin(mixin(h, w.ms[i].nextp), static_cast<model::word>(w.wakes[i]));
    h = mixin(h, w.born[i] * 4u + w.ms[i].nextspinning * 2u + w.ms[i].idle);
  }
  for (const p& x : w.ps) {
    h = mixin(h, x.wakeskip * 64u + x.wakebackoff);
    h = mixin(h, x.fifo.own);
    for (std::uint32_t i = 0; i < x.fifo.own; i++) h = mixin(h, x.fifo.slot[i]);
  }
  return h;
}

enum reach : unsigned { kFound, kNewThread, kWithDeadline };

void compute(p* pp) { pp->left.store(1, release); }

// As schedule(): what is found is run, for ever.
void findandrun(m* mp) {
  findrunnable(mp);
  model::reached(kFound);
  if (mp->spinning) {  // stopspinning
    mp->spinning = false;
    sched.nmspinning.fetch_sub(1, relaxed);
    wakep();
  }
  compute(getp(mp));
}

// The spare thread: mstart, once it was made.
void spare(int me) {
  m* mp = &theworld().ms[me];
  mp->park.sleep(-1);
  model::reached(kNewThread);
  model::forget(10 + static_cast<model::word>(mp->nextp - theworld().ps) * 2 +
                (mp->nextspinning ? 1 : 0));
  p* pp = mp->nextp;
  mp->nextp = nullptr;
  mp->spinning = mp->nextspinning;
  acquirep(mp, pp);
  findandrun(mp);
}

// m i has p i, in the runtime.
void has(int i) {
  world& w = theworld();
  w.ms[i].pp.v = &w.ps[i];
  w.ps[i].mp.v = &w.ms[i];
}

void ready(int me, int from, int to) {
  for (int i = from; i < to; i++) readyg(&theworld().ps[me], &theworld().gs[i]);
  compute(&theworld().ps[me]);
}

// By a thread without a p, while p 0's m computes.
void fromoutside(int me) {
  theworld().foreign[me] = true;
  goready(&theworld().gs[3 + me]);
}

// The timer is p 0's, whoever adds it.
void timeroutside(int me) {
  theworld().foreign[me] = true;
  theworld().ps[0].ts.min.store(kWhen, relaxed);
  wakepoller(kWhen);
}

void addtimer(int me) {
  world& w = theworld();
#if defined(MODEL_TIMER_LATE)
  wakepoller(kWhen);
  w.ps[me].ts.min.store(kWhen, relaxed);
#else
  w.ps[me].ts.min.store(kWhen, relaxed);
  wakepoller(kWhen);
#endif
  compute(&w.ps[me]);
}

void nolostwakeup() {
  if (theworld().more) return;  // somebody is awake
  bool work = sched.runq.n > 0;
  for (p& x : theworld().ps)
    work = work || (x.mp.v != nullptr && x.fifo.own > 1);
  model::require(!work || sched.pidle == nullptr,
                 "work, an idle p, and nobody awake");
  model::require(sched.nmspinning.load(relaxed) == 0,
                 "somebody is counted who does not spin");
}

// The poller sleeps no longer than to the timer.
void nolosttimer() {
  if (theworld().more) return;  // somebody is awake
  bool kept = false;
  for (m& x : theworld().ms)
    kept = kept || (x.park.asleep && x.idle && !x.park.forever);
  if (kept) model::reached(kWithDeadline);
  model::require(kept, "a timer, and nobody who wakes for it");
}

// ... or somebody has got the p, and will run the timer.
void nolosttimerorp() {
  if (theworld().ps[0].mp.v == nullptr) nolosttimer();
}

void names() {
  world& w = theworld();
  static constexpr const char* kNames[kProcs][4] = {
      {"p0.runnext", "p0.fifo", "p0.status", "p0.minwhen"},
      {"p1.runnext", "p1.fifo", "p1.status", "p1.minwhen"}};
  for (int i = 0; i < kProcs; i++) {
    w.ps[i].runnext.name(kNames[i][0]);
    w.ps[i].fifo.name(kNames[i][1]);
    w.ps[i].status.name(kNames[i][2]);
    w.ps[i].ts.min.name(kNames[i][3]);
    w.ps[i].left.name("left");
  }
  static constexpr const char* kParks[kThreads] = {"m0.park", "m1.park",
                                                   "m2.park"};
  for (int i = 0; i < kThreads; i++) w.ms[i].park.name(kParks[i]);
  sched.npidle.name("npidle");
  sched.nmspinning.name("nmspinning");
  sched.runqn.name("runqn");
  sched.polluntil.name("polluntil");
  sched.pollm.name("pollm");
}

using body = void (*)();

model::scenario make(const char* name, int nprocs, body setup, body atend,
                     std::vector<body> threads,
                     const char* memories = "tso weak") {
  return {name, memories, [nprocs, setup, atend, threads] {
            new (schedroom) scheduler;
            world& w = *new (room) world;
            names();
            sched.nprocs.v = nprocs;
            for (int i = 0; i < nprocs; i++) allp[i] = &w.ps[i];
            setup();
            model::execution e;
            e.threads.assign(threads.begin(), threads.end());
            e.atend = atend;
            e.rest = rest;
            return e;
          }};
}

// p 0 has one goroutine to run next, and `queued` in its queue; p 1 is m 1's, who
// is out of work. Who looks for timers is the m without a thread. spare: thread 2 is
// newm's.
void onebusy(std::uint32_t queued, bool spare) {
  world& w = theworld();
  has(0);
  has(1);
  w.ps[0].runnext.init(&w.gs[0]);
  w.ps[0].fifo.init(&w.gs[4], queued);
  sched.pollm.init(&w.ms[kThreads]);
  if (!spare) w.firstspare = kThreads;
}

// p 0 computes; m 1 has p 1, and is out of work.
void onecomputes(bool spare) {
  onebusy(0, spare);
  theworld().ps[0].left.init(1);
  theworld().ps[0].runnext.init(nullptr);
}

// p 0 is m 0's; the others have none.
void onep() {
  has(0);
  theworld().ps[0].ts.used = true;
}

// Nobody has a p: the fence of the one who goes idle is light.
void idlep() {
  onep();
  world& w = theworld();
  w.ms[0].pp.v = nullptr;
  w.ps[0].mp.v = nullptr;
  w.ps[0].status.init(pstatus::idle);
  sched.pidle = &w.ps[0];
  sched.npidle.init(1);
  w.firstspare = kThreads;
}

std::vector<model::scenario> scenarios() {
  const body looks1 = [] { findandrun(&theworld().ms[1]); };
  const body spare2 = [] { spare(2); };
  const body idle1 = [] { idle(&theworld().ms[1]); };
  const body idle2 = [] { idle(&theworld().ms[2]); };
  return {
      make("a timer, and one goes idle", 1, onep, nolosttimer,
           {[] { addtimer(0); }, idle1}),
      make("a timer, and two go idle", 1, onep, nolosttimer,
           {[] { addtimer(0); }, idle1, idle2}),
      make("a timer from outside, and two go idle", 1, idlep, nolosttimerorp,
           {[] { timeroutside(0); }, idle1, idle2}),
      make("one from outside, one goes idle", 2, [] { onecomputes(true); },
           nolostwakeup, {[] { fromoutside(0); }, looks1, spare2}),
      make("two from outside, one goes idle", 2, [] { onecomputes(false); },
           nolostwakeup,
           {[] { fromoutside(0); }, looks1, [] { fromoutside(2); }}),
      make("one readies, one goes idle", 2, [] { onebusy(1, false); },
           nolostwakeup, {[] { ready(0, 1, 2); }, looks1}),
      make(
          "one readies, one goes idle, one is made", 2,
          [] { onebusy(1, true); }, nolostwakeup,
          {[] { ready(0, 1, 2); }, looks1, spare2}, "tso"),
  };
}

[[maybe_unused]] const bool registered = [] {
  model::variants().push_back({MODEL_VARIANT, MODEL_FOUND_IN, scenarios()});
  return true;
}();

}  // namespace

// What the sources call.

// In idle(), of an m without a p that does not spin: what it does next depends on
// what it finds under the lock alone. Ps are looked at in the same order again.
// But once woken twice, an m stays on its way: or the others' steps between two of a
// slow one would have no end.
void hasslept() noexcept {
  world& w = theworld();
  const std::size_t me = model::self();
  model::forget(1);
  w.ms[me].rand = 0;
  if (w.wakes[me]++ == 0) return;
  w.more = true;
  w.never.sleep();
}

m* getm() noexcept {
  world& w = theworld();
  return w.foreign[model::self()] ? nullptr : &w.ms[model::self()];
}

g* localnext(p* pp) noexcept {
  if (g* gp = pp->runnext.load(relaxed); gp != nullptr) {
    pp->runnext.store(nullptr, relaxed);
    return gp;
  }
  return pp->fifo.empty() ? nullptr : pp->fifo.popfront();
}

bool tryseize(p* pp) noexcept {
  std::uint32_t computing = 1;
  return pp->left.compare_exchange_strong(computing, 2, acquire, relaxed);
}
bool enterslow(m*) noexcept { model::fail("a claim"); }
void releaseseized(p* pp) noexcept { pp->left.store(1, release); }

void probedready(g*) noexcept {}  // nobody is timed here

std::int64_t newm(p* pp, bool spinning) noexcept {
  world& w = theworld();
  int i = w.firstspare;
  while (i < kThreads && w.born[i]) i++;
  if (i == kThreads) {
    w.more = true;
    return 0;
  }
  w.born[i] = true;
  w.ms[i].nextp = pp;
  w.ms[i].nextspinning = spinning;
  w.ms[i].park.wakeup();
  return 0;
}

std::int64_t runtimers(timers&, std::int64_t) noexcept {
  model::fail("no timer is due");
}
void leavetimers(p*) noexcept {}  // no p is one too many
bool forkedchild = false;
bool checkdead(int) noexcept { return false; }
g* frompoll(p*) noexcept { return nullptr; }
bool askon(m*, std::int64_t&, gqueue&) noexcept { return false; }
void ownglist(p*, gqueue&, std::uint32_t) noexcept {}
void globglist(gqueue&) noexcept { model::fail("a poll"); }
void dropover(gqueue&) noexcept { model::fail("another run"); }
void pokebusy() noexcept { model::fail("a poll"); }
bool runover(const g*) noexcept { return false; }
void wakesysmon() noexcept {}
void parkp(m*) noexcept { model::fail("the world stands still"); }

}  // namespace burrow::rt

namespace burrow::sys {

// A look around takes as long as a spinner waits until it seizes.
std::int64_t nanotime() noexcept {
  constexpr std::int64_t kRound = 21'000;
  rt::world& w = rt::theworld();
  return w.ps[0].ts.used ? 0 : kRound * ++w.clock[model::self()];
}

}  // namespace burrow::sys
