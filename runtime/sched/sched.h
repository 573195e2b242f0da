// runtime/sched/sched.h - the scheduler's functions, by file.
//
// Contexts: "g" on a goroutine's stack between enter and leave; "g0" on the m's
// own stack. "Owns pp": exclusive access to pp's private fields.
#pragma once

#include "runtime/sched/entry.h"
#include "runtime/sched/gogo.h"
#include "runtime/sched/runtime2.h"

namespace burrow::rt {

// ---- goroutine.cc: the life of a g ----------------------------------------

// foreachg calls fn for every g that was ever made. Any thread; the set may
// grow meanwhile. The gs' fields are the caller's to make sense of.
void foreachg(void (*fn)(g* gp, void* arg), void* arg) noexcept;

// ---- metrics.cc: counting ----------------------------------------------------

// goroutinecount is how many goroutines the run has that have not ended. Any thread.
std::uint64_t goroutinecount() noexcept;

// endcount counts those that the last run has left as ended. Before a run.
void endcount() noexcept;

// ---- latency.cc: how long goroutines wait for a processor ----------------------

// considerprobe has gp timed, which is about to leave pp for g0, if it is its
// turn, and says so. Owns pp and gp.
bool considerprobe(const p* pp, g* gp) noexcept;

// probedready: gp, which is probed, is runnable. probedruns: it is to run on pp;
// owns pp. Both: owns gp.
void probedready(g* gp) noexcept;
void probedruns(p* pp, g* gp) noexcept;

// ---- proc.cc, ready.cc: parking and readying ---------------------------------

// readyg puts gp, which the caller owns, on pp's queues as the next to run.
void readyg(p* pp, g* gp) noexcept;

// considerwake gets another m to help if the work that the caller has just put
// on pp warrants it. In the runtime, owns pp.
void considerwake(p* pp) noexcept;

// reacquire gets a p for the calling goroutine, whose m has lost its own;
// returns the m it goes on with, in the runtime. If the goroutine's run is
// over, does not return. Context g, no lock held; parks.
m* reacquire(m* mp) noexcept;

// globput makes gp runnable through the global queue and wakes an m for it.
// Any thread. A gp whose run is over is dropped: false.
bool globput(g* gp) noexcept;

// calllost calls what gp, which has ended, wanted done then. Not in the runtime, or
// on m0 without a p.
void calllost(g* gp) noexcept;

// runover says whether gp belongs to a run that has ended or is ending. sched.lock
// held.
bool runover(const g* gp) noexcept;

// ---- schedule.cc: choosing what runs next ------------------------------------

// schedule runs goroutines on mp until the end of the run (m0), or until the m
// has to end its thread. Context g0.
void schedule(m* mp) noexcept;

// Every so many decisions look at fifo first, or are left to g0.
inline constexpr std::uint32_t kFifoTick = 16, kG0Tick = 64;

// ---- join.cc: children that are run in place -----------------------------------

// releasejoin makes the outer of gp, if gp is kGJoined, run next on pp: nothing is owed
// to it any more. Owns pp, on which gp runs.
void releasejoin(p* pp, g* gp) noexcept;

// backtojoin is unjoin (pick.h) for a gp that is about to leave mp: the outer is to be
// switched to; null: it is queued, for g0 has to decide. In the runtime with a p.
g* backtojoin(m* mp, g* gp) noexcept;

// endjoined is the same for one that has ended; or the next child of its outer, not
// started.
g* endjoined(m* mp, g* gp) noexcept;

// takep is takeseized, with what the goroutine owes its outer.
void takep(p* pp) noexcept;

// freejoin is releasejoin from outside, if what runs on pp is in user code; false:
// it is not. Context sysmon.
bool freejoin(p* pp) noexcept;

// ---- findrunnable.cc ---------------------------------------------------------

// findrunnable returns a g to run on mp, now owned by the caller; sleeps until
// there is one. mp->pp may differ on return. Null: mp has to leave schedule.
// Context g0.
g* findrunnable(m* mp) noexcept;

// localnext takes the next g from pp's own queues, in all their order. Owns pp.
g* localnext(p* pp) noexcept;

// queued is the number of gs on pp's queues but runnext; a hint for others.
inline std::uint32_t queued(const p* pp) noexcept {
  return pp->lifo.size() + pp->fifo.size();
}

// ---- spareps.cc ----------------------------------------------------------------

// wakeable is how many idle ps an m may be woken for; none, if it is not above 0. Read
// after work has been published: see considerwake.
inline std::int32_t wakeable() noexcept {
  return sched.npidle.load(relaxed) - sched.nspare.load(relaxed);
}

// onetoomany says that more ps are at work than shall be: who has no work of its own
// leaves what there is to the others.
inline bool onetoomany() noexcept { return wakeable() < 0; }

// leavetimers gives pp's timers, if they are few, to the p with the longest queue, if pp,
// which is about to be idle, is one too many. There they are looked at every 16 us; with
// an idle p they wait for the poller's thread to get a processor. Owns pp.
void leavetimers(p* pp) noexcept;

// sparefor leaves those of n ps idle that there are above processors. procresize.
void sparefor(std::int32_t n) noexcept;

// lookatspare decides anew how many are left idle. Context sysmon.
void lookatspare(std::int64_t now) noexcept;

// ---- donate.cc -----------------------------------------------------------------

// wanting is how many look for work, or have a p to do some.
inline std::uint32_t wanting() noexcept {
  const std::int32_t idle = wakeable();
  return static_cast<std::uint32_t>(sched.nmspinning.load(relaxed) +
                                    (idle > 0 ? idle : 0));
}

// donate gives some of pp's goroutines to the global queue, for who has asked. Owns pp.
void donate(p* pp) noexcept;

// keepnone forgets that pp gives nothing away. Owns pp.
inline void keepnone(p* pp) noexcept {
  pp->keepuntil.store(0, relaxed);
  pp->bound = 0;
}

// ---- wake.cc: idle ps and ms -------------------------------------------------

// wakep gets one more m to look for work if a p is idle and nobody is looking.
// Call it after publishing the work. Any thread.
void wakep() noexcept;

// wakeinanycase does so even if only spare ps are idle: for a timer, or to have a
// poller. Any thread.
void wakeinanycase() noexcept;

// startm gets an m to run pp (null: an idle one, if there is any). Does not
// block. If no thread can be had, pp goes back to the idle list.
void startm(p* pp, bool spinning) noexcept;

// handoffp gives away pp, which the caller owns, to an m if it has work.
void handoffp(p* pp) noexcept;

// idle parks mp, which has no p, until it has one; or, m0, until the run ends.
// True: a timer may be due. Context g0.
bool idle(m* mp) noexcept;

// grabidlep gives mp an idle p if there is one.
bool grabidlep(m* mp) noexcept;

// earliesttimer is the first deadline of all ps in ns; 0: none.
std::int64_t earliesttimer() noexcept;

// While nobody may be woken for a spare p, who has a p has so long to come by a timer of
// its own (ns): another thread would take its processor only.
inline constexpr std::int64_t kOwnersTime = 500'000;

// timertowatch is when a timer has to be run by others than its p's owner (ns); 0:
// never.
std::int64_t timertowatch() noexcept;

// wakem wakes an m that sleeps on its note, or in the netpoller.
void wakem(m* mp) noexcept;

// wakeidlepoller makes the idle m that waits for timers look at what there is to
// wait for anew. Any thread.
void wakeidlepoller() noexcept;

void acquirep(m* mp, p* pp) noexcept;
p* releasep(m* mp) noexcept;

// sched.lock held.
void pidleput(p* pp) noexcept;
bool givestopped(p* pp) noexcept;  // to a stop-the-world, if there is one
p* pidleget(p* preferred = nullptr) noexcept;
void midleput(m* mp) noexcept;
bool midleremove(m* mp) noexcept;  // false: was not on the list

// ---- pollwork.cc: what the netpoller brings ------------------------------------

// frompoll returns a goroutine whose descriptor is ready, now owned by the caller;
// the others that are go onto pp. Null: none. Owns pp.
g* frompoll(p* pp) noexcept;

// asleepinpoll is the m that sleeps in the system's poller; null: none does.
inline const m* asleepinpoll() noexcept {
  const m* x = sched.pollm.load(acquire);  // with it the m, set up
  return x != nullptr && x->inpoll.load(acquire) ? x : nullptr;
}

// askon asks for a while instead of sleeping in the poller, if that has paid of late
// (luck.h). True: do not sleep, for ready has some, or mp has been woken. Otherwise ns is
// what is left of the sleep. mp is the poller, on the idle list.
bool askon(m* mp, std::int64_t& ns, gqueue& ready) noexcept;

// ownglist puts goroutines whose wait has ended onto pp, and gets help if there
// are more than `mine`, those that the caller runs itself. Owns pp.
void ownglist(p* pp, gqueue& ready, std::uint32_t mine) noexcept;

// dropover forgets those whose run is over. sched.lock held.
void dropover(gqueue& ready) noexcept;

// globglist makes them runnable through the global queue; those whose run is
// over are dropped. sched.lock held.
void globglist(gqueue& ready) noexcept;

// pokebusy makes those who have a p look at the global queue and their timers.
void pokebusy() noexcept;

// pollbesides lets an idle m poll, if there is a p for it and nobody has polled for a
// ms. Context sysmon, which has seen somebody compute for as long: he may have been
// brought his work by who polled. now in ns.
void pollbesides(std::int64_t now) noexcept;

// sysmonpoll polls if nobody has for a while, and says whether it brought
// anything. Context sysmon; now in ns.
bool sysmonpoll(std::int64_t now) noexcept;

// ---- mstart.cc: threads --------------------------------------------------------

// newm starts a thread for a fresh m that begins with pp. Returns 0 or -errno.
std::int64_t newm(p* pp, bool spinning) noexcept;

// setmaxthreads bounds the ms of the program; newm beyond that is fatal. Returns
// the old bound.
int setmaxthreads(int n) noexcept;

// mget returns an unused m structure, linked into allm.
m* mget() noexcept;
void mput(m* mp) noexcept;

// ---- lockthread.cc -------------------------------------------------------------

// stoplockedm waits on g0 until mp's locked g is runnable and a p has come.
void stoplockedm(m* mp) noexcept;

// startlockedm hands mp's p to the m that gp is locked to, and parks mp.
void startlockedm(m* mp, g* gp) noexcept;

// ---- world.cc: stop the world, maxprocs ------------------------------------------

// stopworld takes every p but the caller's (mine; null: it has none); on return
// no goroutine holds a p and no m is in the runtime with one. startworld undoes
// it.
//
// Context  in the runtime, or a thread without a p. deadline in ns; 0: none.
// Returns  busy: somebody else has stopped it; norun: there is no run, or it is
//          ending. Nothing was done then. late: the deadline has passed, some
//          of the ps are stopped and stay so: for a process that ends.
enum class stopresult : std::uint8_t { stopped, busy, norun, late };
[[nodiscard]] stopresult stopworld(const p* mine,
                                   std::int64_t deadline) noexcept;
void startworld(const p* mine) noexcept;

// stopworldong stops the world for the calling goroutine, which may park before
// that, and returns its m, in the runtime. If the run is over it does not
// return. startworldong undoes it.
m* stopworldong() noexcept;
void startworldong(m* mp) noexcept;

// stopforend is m0's, at the end of a run; it has no p.
void stopforend() noexcept;

// parkp is the other ms' side: mp gives its p to stop-the-world. Context g0.
void parkp(m* mp) noexcept;

// resetworldsema forgets a maxprocs() that the end of the run has cut off.
void resetworldsema() noexcept;

// procresize makes ps [0, n) usable and empties those above. World stopped, or
// no run on.
void procresize(m* mp, int n) noexcept;

// ---- sysmon.cc -------------------------------------------------------------------

void startsysmon() noexcept;  // sched.lock not held
void wakesysmon() noexcept;   // a p left the idle list; sched.lock held

// ---- safepoint.cc ----------------------------------------------------------------

// askyield makes what runs on mp yield at its next safepoint, if it is compiled
// with any. Any thread.
void askyield(m* mp) noexcept;

// ---- schedtrace.cc -------------------------------------------------------------

// schedtrace writes the scheduler's state to stderr if it is time to, every ms
// milliseconds (BURROW_DEBUG=schedtrace=MS). Context sysmon; now in ns.
void schedtrace(std::int64_t now, std::int64_t ms) noexcept;

// ---- deadlock.cc -----------------------------------------------------------------

// checkdead reports a deadlock if nothing can ever run again. sched.lock held,
// the calling m counted idle, `exiting` of our threads about to end. Returns
// whether a look at foreign threads has to be repeated in a second.
bool checkdead(int exiting = 0) noexcept;

// ---- fork.cc ---------------------------------------------------------------------

// forkedchild: this is the child of a fork during a run. It runs no goroutine but
// the one that has forked.
extern bool forkedchild;  // written when there is one thread

void initfork() noexcept;

// ---- boot.cc ---------------------------------------------------------------------

// mainended is called on g0 after the main goroutine has returned.
void mainended(m* mp) noexcept;

}  // namespace burrow::rt
