// tests/model/standin_spin/runtime/sched/runtime2.h - g, m, p and sched, as
// wake.cc, findrunnable.cc and ready.cc touch them.
//
// Modelled, each access a step: the counts and words by which threads tell each
// other of work and of idleness. Fields that sched.lock guards are plain; a lock's
// owner has seen them all (rest() in spin_programs.cc). quiet are atomics that have
// no part in the protocol: they never change here, or only their own thread reads
// them, or what is read leads to nothing.
#pragma once

#include <cstddef>

#include "runtime/sched/claimstate.h"
#include "tests/model/atomic.h"
#include "tests/model/model.h"

namespace burrow::rt {

inline constexpr int kMaxProcs = 4;

template <typename T>
struct quiet {
  T v;
  T load(std::memory_order) const noexcept { return v; }
  void store(T to, std::memory_order) noexcept { v = to; }
  void fetch_or(T, std::memory_order) noexcept {}
  void fetch_and(T, std::memory_order) noexcept {}
};

struct m;
struct p;

enum class gstatus : std::uint8_t { dead, runnable, running, waiting };
enum gflag : std::uint8_t {
  kGLocked = 1,
  kGForeign = 2,
  kGMain = 4,
  kGProbed = 8
};
enum class pstatus : std::uint8_t { idle, running, stopped, dead };
enum attentionbits : std::uint32_t {
  kAttnHungry = 1,
  kAttnStop = 2,
  kAttnLook = 4,
  kAttnPreempt = 16,
  kAttnChaos = 8,
};

// Who has not started, and who talks, is no matter here: all have yielded.
enum class waitreason : std::uint8_t { none, chan_receive, sleep, cond };

struct g {
  struct {
    const void* sp = "";
  } ctx;
  g* schedlink = nullptr;
  waitreason why = waitreason::none;
  std::uint64_t parentgoid = 0;
  std::uint8_t flags = 0;
  std::uint32_t nosafepoint = 0, syscalls = 0;
  quiet<gstatus> status{gstatus::waiting};
  quiet<std::uint32_t> parkword{0};
};

class rtmutex {
 public:
  void lock() noexcept { word_.lock(); }
  void unlock() noexcept {
    word_.rmw(std::memory_order_release, std::memory_order_release,
              [](model::word& w) {
                w = 0;
                return true;
              });
  }

 private:
  model::location word_{0};
};

class lockguard {
 public:
  explicit lockguard(rtmutex& l) noexcept : l_(l) { l_.lock(); }
  ~lockguard() { l_.unlock(); }
  lockguard(const lockguard&) = delete;
  lockguard& operator=(const lockguard&) = delete;

 private:
  rtmutex& l_;
};

// hasslept: the calling thread knows nothing any more (spin_programs.cc).
void hasslept() noexcept;

// A sleep with a deadline is not woken by it here: it is known that it ends.
class note {
 public:
  void clear() noexcept { word_.store(0, std::memory_order_relaxed); }
  void wakeup() noexcept {
    word_.rmw(std::memory_order_release, std::memory_order_release,
              [](model::word& w) {
                w = 1;
                return true;
              });
  }
  bool sleep(std::int64_t ns) noexcept {
    asleep = true;
    forever = ns < 0;
    word_.sleep();
    asleep = false;
    hasslept();
    return true;
  }
  bool signaled() const noexcept {
    return word_.load(std::memory_order_acquire) != 0;
  }
  void name(const char* text) const { word_.name(text); }

  bool asleep = false, forever = false;

 private:
  model::location word_{0};
};

// How many there are is what others see; which, the owner knows.
class runq {
 public:
  std::uint32_t size() const noexcept { return n_.load(relaxed); }
  bool empty() const noexcept { return own == 0; }
  void pushback(g* gp) noexcept {
    slot[own++] = gp;
    n_.store(own, relaxed);
  }
  void pushfront(g* gp) noexcept {
    for (std::uint32_t i = own++; i > 0; i--) slot[i] = slot[i - 1];
    slot[0] = gp;
    head--;
    n_.store(own, relaxed);
  }
  std::uint32_t taken() const noexcept { return head; }
  g* popfront() noexcept {
    g* gp = slot[0];
    own--;
    head++;
    for (std::uint32_t i = 0; i < own; i++) slot[i] = slot[i + 1];
    n_.store(own, relaxed);
    return gp;
  }
  g* peek(std::uint32_t i) const noexcept { return slot[i]; }
  g* popback() noexcept {
    n_.store(own - 1, relaxed);
    return slot[--own];
  }
  void init(g* gp, std::uint32_t n) {
    while (own < n) slot[own++] = gp;
    n_.init(n);
  }
  void name(const char* text) const { n_.name(text); }

  std::uint32_t own = 0, head = 0;
  g* slot[6] = {};

 private:
  std::atomic<std::uint32_t> n_{0};
};

inline void fetchstack(const g*) noexcept {}

// New goroutines: there are none.
struct emptyrunq {
  static std::uint32_t size() noexcept { return 0; }
  static bool empty() noexcept { return true; }
  static g* popfront() noexcept { return nullptr; }
  static void pushback(g*) noexcept {}
};

struct timers {
  bool used = false;  // or they never have a deadline
  std::atomic<std::int64_t> min{0};
  std::int64_t minwhen() const noexcept { return used ? min.load(relaxed) : 0; }
};

std::int64_t runtimers(timers& ts, std::int64_t now) noexcept;

struct counter {
  static void add(std::uint64_t = 1) noexcept {}
};

struct m {
  quiet<std::uint32_t> inruntime{1};
  quiet<std::uint32_t> claim{kClaimNone};
  quiet<p*> pp{nullptr};
  g* curg = nullptr;
  bool spinning = false;
  bool ism0 = false;
  std::uint64_t rand = 0;

  // sched.lock.
  m* schedlink = nullptr;
  bool idle = false;
  p* nextp = nullptr;
  bool nextspinning = false;

  note park;
  quiet<bool> inpoll{false};
  bool unasked = false;
};

struct p {
  std::atomic<g*> runnext{nullptr};
  emptyrunq lifo;
  runq fifo;
  std::uint32_t wakeskip = 0, wakebackoff = 0, wakelone = 0, gave = 0;
  std::uint64_t gavetick = 0, askedat = 0, askedtick = 0, bound = 0;
  std::int64_t triedat = 0;
  std::uint32_t wokenend = 0, turnsuntil = 0;
  std::int64_t overtakensince = 0;

  quiet<std::uint32_t> attention{0};
  quiet<m*> mp{nullptr};
  std::atomic<pstatus> status{pstatus::running};
  quiet<std::uint32_t> tick{1};
  quiet<std::uint32_t> nacquire{0};
  quiet<std::int64_t> keepuntil{0};
  quiet<std::uint32_t> lockwaits{0};
  quiet<bool> lone{false};
  p* pidlelink = nullptr;
  counter nsteal, njump;
  std::uint64_t looked = 0;
  timers ts;

  // 1: its m computes for good; 2: it is seized meanwhile.
  std::atomic<std::uint32_t> left{0};
};

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
    n--;
    return gp;
  }
};

struct quietnote {
  void wakeup() noexcept {}
};

struct scheduler {
  rtmutex lock;
  gqueue runq;
  m* midle = nullptr;
  int nmidle = 0, nmidlelocked = 0, mcount = 0, nmzombie = 0;
  p* pidle = nullptr;
  int nstopwait = 0;
  quietnote stopnote;
  quiet<std::int64_t> threadfail{0};
  quiet<std::int32_t> nprocs{0};
  quiet<bool> ending{false}, stopping{false}, m0arrived{false};
  quiet<std::int64_t> clock{0};
  quiet<std::uint32_t> runid{1};

  quiet<std::int32_t> nspare{0};
  std::atomic<std::int32_t> npidle{0};
  std::atomic<std::int32_t> nmspinning{0};
  std::atomic<std::uint32_t> runqn{0};
  std::atomic<std::int64_t> polluntil{0};
  std::atomic<m*> pollm{nullptr};
  quiet<bool> pollaside{false};
};

// Made anew for each execution; at one address, for pointers are part of a state.
alignas(scheduler) inline unsigned char schedroom[sizeof(scheduler)];
inline scheduler& sched = reinterpret_cast<scheduler&>(schedroom);
inline p* allp[kMaxProcs];
inline std::int32_t numprocs() noexcept { return sched.nprocs.v; }

[[noreturn]] inline void fatal(const char* why) noexcept { model::fail(why); }
[[noreturn]] inline void rtthrow(const char* why) noexcept { model::fail(why); }

}  // namespace burrow::rt
