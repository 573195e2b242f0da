// bench/scaling/goqueue.cc - Go's run queues in the simulation: a ring of 256 a p, with
// what it runs next, and the global queue.
#include "bench/scaling/gomodel.h"
#include "sys/os.h"

namespace burrow::rt {

// globrunqput, globrunqputbatch: gosched.lock held.
void globput(g* gp) {
  gosched.runq.push(gp);
  gosched.runqsize.store(gosched.runq.n, relaxed);
}

// runqputslow: half of a full ring, and gp, go to the global queue.
static bool runqputslow(p* pp, g* gp, std::uint32_t h, std::uint32_t t) {
  const std::uint32_t n = (t - h) / 2;
  g* batch[kRing / 2 + 1];
  for (std::uint32_t i = 0; i < n; i++)
    batch[i] = pp->slots[(h + i) % kRing].load(relaxed);
  if (!pp->head.compare_exchange_strong(h, h + n)) return false;
  batch[n] = gp;
  const lockguard hold(gosched.lock);
  for (std::uint32_t i = 0; i <= n; i++) globput(batch[i]);
  return true;
}

void runqput(p* pp, g* gp, bool next) {
  if (next) {
    g* old = pp->runnext.exchange(gp);  // a loop of compare-and-swap
    if (old == nullptr) return;
    gp = old;
  }
  for (;;) {
    const std::uint32_t h = pp->head.load(std::memory_order_acquire);
    const std::uint32_t t = pp->tail.load(relaxed);
    if (t - h < kRing) {
      pp->slots[t % kRing].store(gp, relaxed);
      pp->tail.store(t + 1, std::memory_order_release);
      return;
    }
    if (runqputslow(pp, gp, h, t)) return;
  }
}

found runqget(p* pp) {
  g* next = pp->runnext.load(relaxed);
  if (next != nullptr && pp->runnext.compare_exchange_strong(next, nullptr))
    return {next, true};
  for (;;) {
    std::uint32_t h = pp->head.load(std::memory_order_acquire);
    if (pp->tail.load(relaxed) == h) return {};
    g* gp = pp->slots[h % kRing].load(relaxed);
    if (pp->head.compare_exchange_strong(h, h + 1)) return {gp, false};
  }
}

bool runqempty(const p* pp) {
  return pp->head.load() == pp->tail.load() && pp->runnext.load() == nullptr;
}

// globrunqget: gosched.lock held; max 0: as many as are pp's share.
g* globget(p* pp, std::uint32_t max) {
  std::uint32_t n = gosched.runq.n;
  if (n == 0) return nullptr;
  const auto share = n / static_cast<std::uint32_t>(gomaxprocs) + 1;
  if (n > share) n = share;
  if (max > 0 && n > max) n = max;
  if (n > kRing / 2) n = kRing / 2;
  g* gp = gosched.runq.pop();
  for (; n > 1; n--) runqput(pp, gosched.runq.pop(), false);
  gosched.runqsize.store(gosched.runq.n, relaxed);
  return gp;
}

// runqgrab and runqsteal: half of p2's ring to pp's; or what p2 runs next, after a
// while, for it is likely to be run at once.
g* runqsteal(p* pp, p* p2, bool takenext) {
  for (;;) {
    std::uint32_t h = p2->head.load(std::memory_order_acquire);
    const std::uint32_t t = p2->tail.load(std::memory_order_acquire);
    std::uint32_t n = t - h;
    n -= n / 2;
    if (n == 0) {
      if (!takenext) return nullptr;
      g* next = p2->runnext.load();
      if (next == nullptr) return nullptr;
      pp->tried++;
      if (p2->status.load(relaxed) == 1) sys::usleep(3);
      if (!p2->runnext.compare_exchange_strong(next, nullptr)) continue;
      pp->done++;
      pp->moved++;
      return next;
    }
    if (n > kRing / 2) continue;
    pp->tried++;
    g* last = nullptr;
    const std::uint32_t mine = pp->tail.load(relaxed);
    for (std::uint32_t i = 0; i < n; i++) {
      last = p2->slots[(h + i) % kRing].load(relaxed);
      if (i + 1 < n) pp->slots[(mine + i) % kRing].store(last, relaxed);
    }
    if (!p2->head.compare_exchange_strong(h, h + n)) continue;
    if (n > 1) pp->tail.store(mine + n - 1, std::memory_order_release);
    pp->done++;
    pp->moved += n;
    return last;
  }
}

}  // namespace burrow::rt
