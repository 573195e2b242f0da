// runtime/sched/mstart.cc - the threads: m structures, newm, mstart.
//
// m structures are never freed and never leave allm: other threads look at the
// m of a p without a lock. The threads themselves are parked when there is
// nothing to do, not ended; only one whose locked goroutine has ended ends too.

#include <new>
#include <stdexcept>

#include "burrow/debug.h"
#include "runtime/diag/print.h"
#include "runtime/sched/env.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::size_t kG0Stack = std::size_t{256} << 10;

std::atomic<int> maxthreads{10'000};

// A program that has so many threads blocks them without end: it would take the
// machine down with it. As Go's.
void checkmcount() noexcept {
  const int most = maxthreads.load(relaxed);
  {
    const lockguard hold(sched.lock);
    if (sched.mcount <= most) return;
  }
  printer(2).str("runtime: program exceeds ").dec(most).str("-thread limit\n");
  fatal("thread exhaustion");
}

// As Go's, which ends there. Here goroutines wait for the threads that there are.
void saythreadfails(std::int64_t err) noexcept {
  static std::atomic<bool> said{false};
  if (said.exchange(true, relaxed)) return;
  int have;
  {
    const lockguard hold(sched.lock);
    have = sched.mcount - 1 + (sched.sysmonstarted ? 1 : 0);
  }
  printer(2)
      .str("runtime: failed to create new OS thread (have ")
      .dec(have)
      .str(" already; errno=")
      .dec(err)
      .str("); goroutines wait for those there are\n");
}

void mexit(m* mp) noexcept {
  setm(nullptr);
  const lockguard hold(sched.lock);
  sched.mcount--;
  mp->live = false;
  mp->schedlink = sched.mfree;
  sched.mfree = mp;
  if (!checkdead(1)) return;
  // Somebody who sleeps has to look again.
  if (sched.midle != nullptr) return wakem(sched.midle);
  for (m* x = sched.allm.load(relaxed); x != nullptr; x = x->alllink)
    if (x->lockedwait) return wakem(x);
}

void mstart(void* arg) {
  auto* mp = static_cast<m*>(arg);
  setm(mp);
  initg0(mp);
  minit(mp);  // signals come from here on
  p* pp = mp->nextp;
  mp->nextp = nullptr;
  mp->spinning = mp->nextspinning;
  acquirep(mp, pp);
  schedule(mp);
  unminit(mp);
  mexit(mp);
}

}  // namespace

m* mget() noexcept {
  const lockguard hold(sched.lock);
  m* mp = sched.mfree;
  if (mp != nullptr) {
    sched.mfree = mp->schedlink;
    mp->schedlink = nullptr;
  } else {
    void* at = memreserve(sizeof(m));
    if (at == nullptr) rtthrow("mget: out of memory");
    mp = new (at) m;
    mp->rand = reinterpret_cast<std::uintptr_t>(mp) ^
               static_cast<std::uint64_t>(sys::nanotime());
    mp->alllink = sched.allm.load(relaxed);
    sched.allm.store(mp, release);
  }
  if (debugvar.chaos.load(relaxed))
    mp->rand =
        debugvar.chaosseed.load(relaxed) + static_cast<unsigned>(sched.mcount);
  mp->inruntime.store(1, relaxed);
  __atomic_store_n(&mp->yield, 0, __ATOMIC_RELAXED);  // askyield
  mp->claim.store(kClaimNone, relaxed);
  mp->pp.store(nullptr, relaxed);
  mp->spinning = mp->ism0 = mp->exiting = mp->lockedready = false;
  mp->lockedwait = mp->zombie = false;
  mp->lockedg = nullptr;
  mp->picked = nullptr;
  mp->post.unlock = nullptr;
  mp->park.clear();
  sched.mcount++;
  mp->live = true;
  return mp;
}

void mput(m* mp) noexcept {
  const lockguard hold(sched.lock);
  sched.mcount--;
  mp->live = false;
  mp->schedlink = sched.mfree;
  sched.mfree = mp;
}

int setmaxthreads(int n) noexcept {
  const int old = maxthreads.exchange(n, relaxed);
  checkmcount();
  return old;
}

std::int64_t newm(p* pp, bool spinning) noexcept {
  m* mp = mget();
  checkmcount();
  mp->nextp = pp;
  mp->nextspinning = spinning;
  const std::int64_t err = newthreadblocked(mstart, mp, kG0Stack);
  if (err < 0) {
    saythreadfails(-err);
    mp->nextp = nullptr;
    mput(mp);
  }
  return err;
}

}  // namespace burrow::rt

namespace burrow::debug {

int set_max_threads(int n) {
  if (n < 1) throw std::invalid_argument("burrow: set_max_threads: n < 1");
  return rt::setmaxthreads(n);
}

}  // namespace burrow::debug
