// bench/scaling/gomodel.h - the state of Go's scheduler, as the model of it has it.
//
// Fields lie as in Go's runtime2.go, as far as it matters who shares a cache line:
// a p's queue and its two ends, schedt from goidgen to the global queue.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/scaling/shadow.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/park.h"
#include "runtime/sched/switch.h"

namespace burrow::rt {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr int kMostProcs = 256;
inline constexpr std::uint32_t kRing = 256;

enum class gst : std::uint32_t { idle, runnable, running, waiting, dead };

struct g {
  gocontext ctx = {};
  char* stack = nullptr;
  ::sim::plain<g*> schedlink;
  std::atomic<gst> status{gst::idle};
  void (*invoke)(void*) = nullptr;
  void* closure = nullptr;
  alignas(16) unsigned char inlineclosure[64] = {};
};

struct gqueue {
  ::sim::plain<g*> head, tail;
  std::uint32_t n = 0;
  void push(g* gp) noexcept {
    gp->schedlink = nullptr;
    if (n++ > 0)
      tail->schedlink = gp;
    else
      head = gp;
    tail = gp;
  }
  g* pop() noexcept {
    if (n == 0) return nullptr;
    n--;
    g* gp = head;
    head = gp->schedlink;
    return gp;
  }
};

struct m;

struct alignas(64) p {
  int id = 0;
  std::atomic<std::uint32_t> status{0};  // 1: running
  p* link = nullptr;
  std::uint32_t schedtick = 0;
  g* gfree = nullptr;
  std::uint64_t tried = 0, done = 0, moved = 0;

  alignas(64) std::atomic<std::uint32_t> head{0};
  std::atomic<std::uint32_t> tail{0};
  std::atomic<g*> slots[kRing];
  std::atomic<g*> runnext{nullptr};
  alignas(64) std::atomic<std::int64_t> timer{0};
};

struct m {
  g g0;
  g* curg = nullptr;
  p* pp = nullptr;
  p* nextp = nullptr;
  bool spinning = false, nextspinning = false;
  bool inherit = false;
  std::uint32_t rand = 1;
  // What is to be done for the one that has been left.
  spinlock* unlock = nullptr;
  void (*after)(m* mp, void* arg) = nullptr;
  void* afterarg = nullptr;
  alignas(64) note park;
  m* schedlink = nullptr;
};

struct alignas(64) schedt {
  std::atomic<std::uint64_t> goidgen{0};
  std::atomic<std::int64_t> lastpoll{1};
  std::atomic<std::int64_t> polluntil{0};
  rtmutex lock;
  m* midle = nullptr;
  int nmidle = 0;
  std::uint64_t mnext = 0;
  int rest[6] = {};
  p* pidle = nullptr;
  std::atomic<std::int32_t> npidle{0};
  std::atomic<std::int32_t> nmspinning{0};
  std::atomic<std::uint32_t> needspinning{0};
  gqueue runq;
  std::atomic<std::uint32_t> runqsize{0};
};

extern schedt gosched;
extern p* allp[kMostProcs];
extern int gomaxprocs;
extern std::atomic<std::uint32_t> idlepmask[kMostProcs / 32];
extern bool pollinuse;  // a workload has arrivals

inline bool maskread(int id) {
  return (idlepmask[id / 32].load(relaxed) >> (id % 32) & 1) != 0;
}
inline std::uint32_t cheaprand(m* mp) {
  std::uint32_t x = mp->rand;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return mp->rand = x;
}

// ---- goqueue.cc ----

void globput(g* gp);  // gosched.lock held
void runqput(p* pp, g* gp, bool next);
bool runqempty(const p* pp);
g* globget(p* pp, std::uint32_t max);  // gosched.lock held; 0: pp's share
g* runqsteal(p* pp, p* p2, bool takenext);

// ---- gowake.cc: idle ps and ms ----

void pidleput(p* pp);  // gosched.lock held
p* pidleget();         // ... too; so pidlegetspinning
p* pidlegetspinning();
void acquirep(m* mp, p* pp);
void becomespinning(m* mp);
m* makem();
void startm(p* pp, bool spinning);
void stopm(m* mp);
void wakep();
void startidle(std::uint32_t n);
void mstart(void* mp);  // gomodel.cc

// Found work, or none.
struct found {
  g* gp = nullptr;
  bool inherit = false;  // the slice of the last one
};
found runqget(p* pp);       // goqueue.cc
found findrunnable(m* mp);  // gofind.cc

}  // namespace burrow::rt
