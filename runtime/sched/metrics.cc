// runtime/sched/metrics.cc - burrow/metrics.h: adding up.
//
// What is counted often is counted by the p, whose owner writes with plain stores
// (counter); switches are its ticks, and calls an m's syscalltick. ps and ms are
// never freed, and no count is ever taken back: so sums do not go back either. At
// the beginning of a run the goroutines that the last one has left count as ended.
//
// Rejected: counters by the m. A p's are in cache, with its queues.

#include "burrow/metrics.h"

#include <cmath>

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"

namespace burrow::rt {

namespace {

// Calls fn for each p that was ever made. acquire: with it the p, set up.
template <typename F>
void eachp(F fn) {
  const int made = sched.nallp.load(acquire);
  for (int i = 0; i < made; i++) fn(*allp[i]);
}

std::uint64_t started() noexcept {
  std::uint64_t n = sched.nforeign.load(relaxed);
  eachp([&](const p& pp) { n += pp.nstarted.n.load(relaxed); });
  return n;
}

std::uint64_t ended() noexcept {
  std::uint64_t n = 0;
  eachp([&](const p& pp) { n += pp.nended.n.load(relaxed); });
  return n;
}

// sched.lock held.
void countms(metrics::snapshot& s) noexcept {
  for (const m* mp = sched.allm.load(relaxed); mp != nullptr;
       mp = mp->alllink) {
    const std::uint64_t calls = mp->syscalltick.load(relaxed);
    s.syscalls += (calls + 1) / 2;
    if (!mp->live || mp->claim.load(relaxed) != kClaimTaken) continue;
    s.ms_without_p++;
    if (calls % 2 != 0) s.ms_in_calls++;
  }
  s.ms = sched.mcount;
  s.ms_idle = sched.nmidle + sched.nmidlelocked;
  s.ms_spinning = sched.nmspinning.load(relaxed);
  s.queued_global = sched.runq.n;
  s.ps_idle = sched.npidle.load(relaxed);
}

void countps(metrics::snapshot& s) noexcept {
  eachp([&](p& pp) {
    // The p may be between the two.
    const std::uint64_t t = pp.tick.load(relaxed), j = pp.njump.n.load(relaxed);
    s.switches += t > j ? t - j : 0;
    s.steals += pp.nsteal.n.load(relaxed);
    s.handoffs += pp.nhandoff.n.load(relaxed);
    s.preemptions += pp.npreempt.n.load(relaxed);
    for (std::size_t i = 0; i < s.latency.kBuckets; i++)
      s.latency.counts[i] += pp.latency[i].n.load(relaxed);
    pp.ts.lock.lock();
    s.timers += pp.ts.len;
    pp.ts.lock.unlock();
  });
}

// Never less than what another read has said: a jump on its way (schedule.cc) makes
// the sum a little too large, or too small.
std::uint64_t notless(std::uint64_t n) noexcept {
  static std::atomic<std::uint64_t> said{0};
  std::uint64_t last = said.load(relaxed);
  while (last < n && !said.compare_exchange_weak(last, n, relaxed, relaxed)) {
  }
  return last < n ? n : last;
}

}  // namespace

// Ends first: whose end is counted, its start nearly always is. Nothing orders the
// two, so a difference below nothing is possible, and is nothing.
std::uint64_t goroutinecount() noexcept {
  const std::uint64_t over = ended();
  const std::uint64_t all = started();
  return all > over ? all - over : 0;
}

void endcount() noexcept {
  if (sched.nallp.load(relaxed) == 0) return;
  allp[0]->nended.add(started() - ended());
}

}  // namespace burrow::rt

namespace burrow::metrics {

std::uint64_t histogram::total() const noexcept {
  std::uint64_t n = 0;
  for (const std::uint64_t c : counts) n += c;
  return n;
}

std::chrono::nanoseconds histogram::quantile(double q) const noexcept {
  const std::uint64_t n = total();
  if (n == 0) return {};
  const double want = std::ceil(q * static_cast<double>(n));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBuckets; i++) {
    sum += counts[i];
    if (sum > 0 && static_cast<double>(sum) >= want)
      return std::chrono::nanoseconds(std::int64_t{2} << i);
  }
  return std::chrono::nanoseconds(std::int64_t{1} << kBuckets);
}

snapshot read() {
  using namespace rt;
  snapshot s;
  {
    const lockguard hold(sched.lock);
    countms(s);
  }
  countps(s);
  s.switches = notless(s.switches);
  s.spawns = started();
  s.polled = static_cast<std::uint64_t>(npolled.load(relaxed));
  s.stack_bytes = stackbytes();
  if (sched.runid.load(acquire) == 0) return s;
  s.goroutines = goroutinecount();
  s.ps = numprocs();
  s.queued.reserve(static_cast<std::size_t>(s.ps));
  for (int i = 0; i < s.ps; i++)
    s.queued.push_back(queued(allp[i]) +
                       (allp[i]->runnext.load(relaxed) != nullptr ? 1 : 0));
  return s;
}

}  // namespace burrow::metrics
