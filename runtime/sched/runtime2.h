// runtime/sched/runtime2.h - all the state of the scheduler: g, m, p, sched.
//
//   g   a goroutine: closure, saved context, stack, wait state
//   m   an OS thread ("machine") that runs gs
//   p   the right to run gs ("processor"), with the queues and caches that go
//       with it; there are maxprocs of them
//
// An m needs a p to run goroutines. The m that holds a p owns the p's private
// fields and touches them without atomics, but only while the m is *in the
// runtime* (m::inruntime, entry.h). While it is in user code, another thread may
// seize the p for a moment to steal from it, or take it away (claim.cc). That is
// the one rule on which the absence of locked instructions in the queues rests.
//
// Rejected: Go's ring with a compare-and-swap on every pop. One locked
// instruction costs more than two context switches, and the protocol that takes
// a p from a goroutine which never calls the runtime gives the exclusion anyway.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "burrow/detail/sanitizers.h"
#include "burrow/detail/waitq.h"
#include "burrow/metrics.h"
#include "runtime/sched/claimstate.h"
#include "runtime/sched/counter.h"
#include "runtime/sched/courtesy.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/luck.h"
#include "runtime/sched/park.h"
#include "runtime/sched/runq.h"
#include "runtime/sched/switch.h"
#include "runtime/time/timers.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::rt {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

inline constexpr std::size_t kCacheLine = 64;
inline constexpr int kMaxProcs = 1024;

struct m;
struct p;

// gstatus: who owns the g, and where it may be.
enum class gstatus : std::uint8_t {
  dead,      // on a free list, or being set up; owned by nobody or its maker
  runnable,  // on exactly one run queue; that queue's owner owns it
  running,   // on an m; the m owns it
  waiting,   // parked; its waker owns it. Not on a run queue
};

// gflag: what makes a g unfit for the direct switch from goroutine to goroutine.
enum gflag : std::uint8_t {
  kGLocked = 1,   // locked to an m (lockedm)
  kGForeign = 2,  // the proxy of a thread that burrow did not make
  kGMain = 4,     // the main goroutine of this run
  kGProbed = 8,   // it is timed from ready to running (latency.cc)
  kGJoined = 16,  // g::outer runs it in place (join.cc)
};

// stackspan is a stack: [lo, hi), its lowest page a guard. lo null: none.
struct stackspan {
  char* lo = nullptr;
  char* hi = nullptr;
};

// A g has lines of its own: those of others are another thread's as soon as goroutines
// have moved, for what has ended stays where it ended.
struct alignas(kCacheLine) g {
  // Owned by whoever owns the g (gstatus). First what a switch touches.
  gocontext ctx = {};        // saved; no sp: not started. Stale while it runs
  void* ehcaught = nullptr;  // __cxa_eh_globals, while off its thread
  unsigned ehuncaught = 0;
  int err = 0;                 // errno, while off its thread
  g* schedlink = nullptr;      // next on a list of gs
  std::uint16_t joinleft = 0;  // children still to be run in place; its child's
  // yieldtofew: times not to yield still to come, and after the next slow one.
  std::uint8_t yieldskip = 0, yieldbackoff = 0;
  // Of the last park; none: it has yielded since.
  waitreason why = waitreason::none;
  std::uint8_t flags = 0;  // gflag
  bool inuse = false;  // dump.cc alone: its stack is in use as the world stands

  // Atomic: read by dumps, by the deadlock check and at the end of a run.
  std::atomic<gstatus> status{gstatus::dead};

  stackspan stack;                  // none until it first runs
  void (*invoke)(void*) = nullptr;  // runs inlineclosure, then destroys it
  sudog* waiting = nullptr;         // the queues it waits on, by waitlink
  // Parked at that time, by sched.clock, ns; once runnable: latency.cc's.
  std::int64_t waitsince = 0;
  std::uint64_t goid = 0;
  g* outer = nullptr;            // with kGJoined
  lostcall* lost = nullptr;      // owned; glost
  m* lockedm = nullptr;          // the m it is locked to
  const char* name = nullptr;    // owned; malloc
  std::uint64_t parentgoid = 0;  // who started it; 0: no goroutine did
  std::uintptr_t gopc = 0;  // where: the return address of `go`; 0: run did
  std::uint32_t lockedcount = 0;
  // Wanted size; 0: the run's default. Not beside flags and status: compilers load what
  // is looked at together as one word, which waits for each byte stored just before.
  std::uint32_t stackpages = 0;
  std::uint32_t syscalls = 0;     // how deep in entersyscall
  std::uint32_t nosafepoint = 0;  // no_preempts, and moves of elements
  std::uint32_t runid = 0;        // the run it belongs to

  // Foreign proxies only: 1 once goready came; a futex.
  std::atomic<std::uint32_t> parkword{0};

  void* locals = nullptr;  // goroutine-local values

#if defined(BURROW_ASAN) || defined(BURROW_TSAN)
  // ASan: the fake stack of a g that is switched out. TSan: its fiber.
  void* sanstate = nullptr;
#endif

  alignas(16) unsigned char inlineclosure[64] = {};
};

#if !defined(BURROW_ASAN) && !defined(BURROW_TSAN)
static_assert(sizeof(g) == 4 * kCacheLine || sizeof(void*) == 4);
#endif

// After a switch, what the one that arrives does for the one that left, whose
// stack is no longer in use.
struct postswitch {
  spinlock* unlock = nullptr;
  void (*fn)(m* mp, void* arg) = nullptr;  // looked at only if unlock is set
  void* arg = nullptr;
  spinlock nothing;

  void call(void (*f)(m* mp, void* arg), void* a) noexcept {
    unlock = &nothing;
    fn = f;
    arg = a;
  }
};

struct frozentrace;
struct recoverypoint;

// faultrecord is the last fault of an m's goroutine, for the exception.
struct faultrecord {
  int sig = 0;
  int code = 0;
  std::uintptr_t addr = 0;
  std::uintptr_t pc = 0;
};

struct alignas(kCacheLine) m {
  // Owner m only.
  std::atomic<std::uint32_t> inruntime{1};  // written by the owner only
  std::atomic<std::uint32_t> claim{kClaimNone};
  std::atomic<p*> pp{nullptr};  // null or stale without a p (kClaimTaken)
  std::atomic<std::uint64_t> syscalltick{0};  // odd: in a call; syscall.cc
  std::uint32_t yield = 0;                    // at its next safepoint; askyield
  g* curg = nullptr;  // what runs on this m; &g0 in the scheduler
  postswitch post;
  struct ehglobals* ehglobals = nullptr;  // of this thread; gogo.h
  int* errnop = nullptr;                  // &errno of this thread
  void* sandead = nullptr;        // TSan: fiber of the g that ended last
  stackspan deadstack;            // freed once the switch off it is over
  const void* leftfor = nullptr;  // foresee.h
  g* picked = nullptr;            // taken from a queue, needs g0 to start it
  bool spinning = false;          // counted in sched.nmspinning
  bool ism0 = false;              // the thread of run
  bool exiting = false;           // its locked g ended: the thread ends too
  bool zombie = false;            // counted in sched.nmzombie; sched.lock
  g* lockedg = nullptr;           // the g locked to this m
  g* inuse = nullptr;             // dump.cc alone: what it runs while the world
                                  // stands still
  std::uint64_t rand = 0;
  g g0;  // the scheduler's own context

  // sched.lock.
  alignas(kCacheLine) m* schedlink = nullptr;  // on sched.midle or mfree
  m* alllink = nullptr;                        // all ms ever; never shrinks
  bool idle = false;                           // on sched.midle
  bool live = false;                           // has a thread
  bool lockedwait = false;                     // sleeps in stoplockedm

  p* nextp = nullptr;  // handed over with the wake-up
  bool nextspinning = false;
  bool lockedready = false;  // stoplockedm may go on

  note park;                        // stray wake-ups are allowed; wakem
  std::atomic<bool> inpoll{false};  // sleeps in the netpoller instead
  // Its own (pollwork.cc): how often it has asked the system's poller in vain; it has
  // not asked, but is to sleep there.
  std::uint32_t vainpolls = 0;
  bool unasked = false;
  luck asking;       // before a sleep in the poller
  courtesy manners;  // to other threads

  // sysmon only: for how many ns it had run when spareps.cc looked.
  std::int64_t monran = 0;

  // Signals (runtime/signal/). The thread's own, but for the first two.
  std::atomic<std::int64_t> tid{0};  // 0: no thread
  std::atomic<const frozentrace*> frozen{nullptr};
  std::atomic<std::uint32_t> sigclaim{0};  // the claim asked for by signal
  std::atomic<std::uint32_t> sigtrace{0};  // its trace is asked for
  std::atomic<recoverypoint*> recover{nullptr};  // guard.h
  faultrecord fault;
  sys::altstack gsignal;  // kept when the thread ends
  sys::altstack oldaltstack;
  std::uint64_t mask = 0;  // that minit or remask set
  std::uint64_t oldmask = 0;
};

enum class pstatus : std::uint8_t {
  idle,     // on sched.pidle, or not yet in use; queues empty
  running,  // held by an m (or between two ms, by the thread that moves it)
  stopped,  // held by stop-the-world
  dead,     // above maxprocs
};

// attention: a p's reasons to leave the fast path at the next scheduling point.
enum attentionbits : std::uint32_t {
  kAttnHungry = 1,    // an idle m asks for work
  kAttnStop = 2,      // stop the world, or the end of the run
  kAttnLook = 4,      // a timer of this p is due, or the global queue waits
  kAttnPreempt = 16,  // the goroutine has had its share
  kAttnChaos = 8,     // BURROW_DEBUG=chaos: always set
};

inline constexpr int kStackCache = 64;

struct alignas(kCacheLine) p {
  // Private: the m that holds the p, while in the runtime; or who seized it.
  std::atomic<g*> runnext{nullptr};  // readied last; runs next. Others peek
  runq lifo;                         // spawned here, newest first
  runq fifo;  // yielded, and pushed out of runnext; oldest first
  std::uint32_t stackn = 0;
  g* gfree = nullptr;  // dead gs, ready for reuse
  std::uint32_t ngfree = 0;
  std::uint32_t wakeskip = 0;     // wake-ups still to be skipped ...
  std::uint32_t wakebackoff = 0;  // ... and how many after the next fruitless
  std::uint32_t wakelone = 0;  // for so many that are readied alone wake an m
  // When it was last asked for goroutines that talk (fewtalk): cputicks, decision.
  std::uint64_t askedat = 0, askedtick = 0;
  std::uint32_t gave = 0;      // to who looked for work, the last time ...
  std::uint64_t gavetick = 0;  // ... and which decision that was
  std::uint64_t goidnext = 0, goidend = 0;
  counter nstarted, nended;            // goroutines
  stackspan stacks[kStackCache];       // default-size stacks, hottest last
  counter nsteal, nhandoff, npreempt;  // burrow/metrics.h has what they count
  counter njump;             // of tick's, those that were no decisions
  std::uint64_t looked = 0;  // cputicks when it last looked at its timers
  // Of fifo: where those that timers woke end (as taken), since when others are overtaken
  // by them (ns), and who has to have his turn first.
  std::uint32_t wokenend = 0, turnsuntil = 0;
  std::int64_t overtakensince = 0;
  // Of lifo, at the last 64th decision: the oldest, since when (cputicks), and how many
  // had been taken out (overdue).
  const g* oldest = nullptr;
  std::uint64_t oldestsince = 0, lifotaken = 0;
  counter latency[metrics::histogram::kBuckets];
  // What a turn of the crowd that is tried together must take less than (cputicks); 0:
  // none is. When that was no better the last time (ns).
  std::uint64_t bound = 0;
  std::int64_t triedat = 0;

  // Atomic.
  alignas(kCacheLine) std::atomic<std::uint32_t> attention{0};
  std::atomic<m*> mp{nullptr};
  std::atomic<pstatus> status{pstatus::dead};
  std::atomic<std::uint64_t> tick{0};      // scheduling decisions; owner writes
  std::atomic<std::uint32_t> nacquire{0};  // times it was acquired
  std::atomic<bool> injoin{false};         // what runs is kGJoined; a hint
  std::atomic<bool> lone{false};           // take runnext at once; a hint
  // Till then it would give nothing away (donate, ns); but who computes on does not
  // count on that (sysmon).
  std::atomic<std::int64_t> keepuntil{0};
  // Spinlocks found taken, of whatever kind, since fewtalk last looked. What runs on
  // the p writes, or has just lost it.
  std::atomic<std::uint32_t> lockwaits{0};
  int id = 0;

  // sched.lock.
  p* pidlelink = nullptr;

  // Its own lock.
  timers ts;

  // sysmon only.
  std::uint64_t montick = 0;
  std::uint32_t monacquire = 0;
  std::int64_t monwhen = 0;
  std::uint64_t monsyscall = 0;
  std::int64_t monsyscallwhen = 0;
  bool monasked = false;
  std::uint32_t monheld = 0;  // nacquire, when spareps.cc looked
};

// fetchstack brings the top of gp's stack into the cache.
inline void fetchstack(const g* gp) noexcept {
  const char* ctx = static_cast<const char*>(gp->ctx.sp);
  __builtin_prefetch(ctx);
  __builtin_prefetch(ctx + 64);
  __builtin_prefetch(ctx + 128);
}

// gqueue is a singly linked FIFO of gs by schedlink.
struct gqueue {
  g* first = nullptr;
  g* last = nullptr;
  std::uint32_t n = 0;

  void push(g* gp) noexcept {
    gp->schedlink = nullptr;
    (last != nullptr ? last->schedlink : first) = gp;
    last = gp;
    n++;
  }
  g* pop() noexcept {
    g* gp = first;
    if (gp == nullptr) return nullptr;
    first = gp->schedlink;
    if (first == nullptr) last = nullptr;
    gp->schedlink = nullptr;
    n--;
    return gp;
  }
};

struct scheduler {
  rtmutex lock;

  // Under lock.
  gqueue runq;         // the global queue
  m* midle = nullptr;  // parked ms without a p
  int nmidle = 0;
  int nmidlelocked = 0;  // ms that wait for their locked g to be runnable
  int mcount = 0;        // ms with a thread, m0 included
  int nmzombie = 0;      // ms in the user code of a run that is over
  p* pidle = nullptr;    // ps without work
  m* mfree = nullptr;    // m structures whose thread has ended
  bool sysmonstarted = false;
  int nstopwait = 0;  // ps that stop-the-world still waits for
  note stopnote;
  std::atomic<std::int64_t> threadfail{
      0};                   // since when no thread can be had, ns; 0: not so
  bool maingoexit = false;  // the main goroutine called goexit
  bool running = false;     // a run is on

  // Read mostly; written under lock.
  alignas(kCacheLine) std::atomic<std::int32_t> nprocs{0};
  std::atomic<std::int32_t> nallp{0};  // ps ever made: allp[0, nallp) are set
  std::atomic<m*> allm{nullptr};
  std::atomic<m*> m0{nullptr};
  std::atomic<bool> ending{false};           // the main goroutine has returned
  std::atomic<bool> stopping{false};         // stop-the-world is on its way
  std::atomic<bool> m0arrived{false};        // m0 has seen `ending`
  std::atomic<std::uint32_t> runid{0};       // 0: no run is on
  std::atomic<std::uint32_t> stackpages{0};  // default size of this run
  // Ps that are left idle, there being more than processors (spareps.cc).
  std::atomic<std::int32_t> nspare{0};

  // The time in ns, coarsely: stored by sysmon at each of its rounds, by an m
  // that wakes up, and by whoever has just read the time. gopark copies it.
  // relaxed: the number stands alone. It may step back by what two who store
  // it at the same time are apart.
  alignas(kCacheLine) std::atomic<std::int64_t> clock{0};

  // Written often.
  alignas(kCacheLine) std::atomic<std::int32_t> npidle{0};
  alignas(kCacheLine) std::atomic<std::int32_t> nmspinning{0};
  std::atomic<std::uint32_t> runqn{0};  // runq.n, for a look without the lock
  alignas(kCacheLine) std::atomic<std::uint64_t> goidgen{0};
  std::atomic<std::uint64_t> nforeign{0};  // gs started by foreign threads
  std::atomic<std::int64_t> polluntil{0};  // the poller sleeps until; 0: none
  std::atomic<m*> pollm{nullptr};
  std::atomic<bool> pollaside{false};  // pollm sleeps on its note; under lock
  std::atomic<std::uint32_t> sysmonwait{0};  // 1: sysmon sleeps until woken
  note sysmonnote;
};

extern scheduler sched;
extern p* allp[kMaxProcs];  // [0, numprocs()) are set; written by procresize

// numprocs is the number of ps. acquire: who has no p looks at allp by it.
inline std::int32_t numprocs() noexcept { return sched.nprocs.load(acquire); }

}  // namespace burrow::rt
