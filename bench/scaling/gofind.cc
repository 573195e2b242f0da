// bench/scaling/gofind.cc - Go's findRunnable in the simulation.
#include "bench/scaling/gomodel.h"
#include "bench/scaling/poll.h"

namespace burrow::rt {

namespace {

// injectglist: what the poller has brought. With a p: as many as there are idle ps
// to the global queue, and an m for each; the rest to the p's own.
void injectglist(m* mp, gqueue& list) {
  if (list.n == 0) return;
  p* pp = mp->pp;
  std::uint32_t n = list.n;
  if (pp != nullptr) {
    const auto idle = static_cast<std::uint32_t>(gosched.npidle.load());
    if (idle < n) n = idle;
  }
  if (n > 0) {
    const lockguard hold(gosched.lock);
    for (std::uint32_t i = 0; i < n; i++) globput(list.pop());
  }
  startidle(n);
  while (g* gp = list.pop()) runqput(pp, gp, false);
}

void netpoll(::sim::picos ns, gqueue& out) {
  ::sim::poll(ns, [&out](void* at) {
    auto* gp = static_cast<g*>(at);
    gp->status.store(gst::runnable, relaxed);
    out.push(gp);
  });
}

// stealWork: four times around, in a random order; the last time what others run
// next as well.
g* stealwork(m* mp) {
  p* pp = mp->pp;
  const auto np = static_cast<std::uint32_t>(gomaxprocs);
  for (int i = 0; i < 4; i++) {
    // From anywhere, in steps that come by all.
    const std::uint32_t r = cheaprand(mp);
    std::uint32_t pos = r % np, step = r / np % np | 1;
    const auto coprime = [np](std::uint32_t a) {
      for (std::uint32_t b = np; b != 0;) {
        const std::uint32_t c = a % b;
        a = b;
        b = c;
      }
      return a == 1;
    };
    while (!coprime(step)) step += 2;
    for (std::uint32_t k = 0; k < np; k++, pos = (pos + step) % np) {
      p* p2 = allp[pos];
      if (p2 == pp || maskread(static_cast<int>(pos))) continue;
      if (g* gp = runqsteal(pp, p2, i == 3); gp != nullptr) return gp;
    }
  }
  return nullptr;
}

// checkRunqsNoP
p* checkrunqs() {
  for (int i = 0; i < gomaxprocs; i++) {
    if (maskread(i) || runqempty(allp[i])) continue;
    const lockguard hold(gosched.lock);
    return pidlegetspinning();
  }
  return nullptr;
}

g* polled(m* mp, gqueue& list) {
  g* gp = list.pop();
  if (gp != nullptr) injectglist(mp, list);
  return gp;
}

// What is there for an m with a p, before it gives that back.
found looklocal(m* mp) {
  p* pp = mp->pp;
  pp->timer.load(relaxed);
  if (pp->schedtick % 61 == 0 && gosched.runqsize.load(relaxed) > 0) {
    const lockguard hold(gosched.lock);
    if (g* gp = globget(pp, 1); gp != nullptr) return {gp, false};
  }
  if (const found f = runqget(pp); f.gp != nullptr) return f;
  if (gosched.runqsize.load(relaxed) != 0) {
    const lockguard hold(gosched.lock);
    if (g* gp = globget(pp, 0); gp != nullptr) return {gp, false};
  }
  if (pollinuse && gosched.lastpoll.load() != 0) {
    gqueue list;
    netpoll(0, list);
    if (g* gp = polled(mp, list); gp != nullptr) return {gp, false};
  }
  if (mp->spinning ||
      2 * gosched.nmspinning.load() < gomaxprocs - gosched.npidle.load()) {
    if (!mp->spinning) becomespinning(mp);
    return {stealwork(mp), false};
  }
  return {};
}

// Sleeps in the poller if nobody does; a goroutine, or null: look again, or sleep.
enum class pollend { none, again, work };
pollend blockinpoll(m* mp, bool wasspinning, found& f) {
  if (!pollinuse || gosched.lastpoll.exchange(0) == 0) return pollend::none;
  gqueue list;
  netpoll(-1, list);
  gosched.lastpoll.store(1);
  p* pp;
  {
    const lockguard hold(gosched.lock);
    pp = pidleget();
  }
  if (pp == nullptr) {
    injectglist(mp, list);
    return pollend::none;
  }
  acquirep(mp, pp);
  if (g* gp = polled(mp, list); gp != nullptr) {
    f = {gp, false};
    return pollend::work;
  }
  if (wasspinning) becomespinning(mp);
  return pollend::again;
}

}  // namespace

found findrunnable(m* mp) {
  for (;;) {
    if (const found f = looklocal(mp); f.gp != nullptr) return f;
    {
      const lockguard hold(gosched.lock);
      if (gosched.runq.n != 0) return {globget(mp->pp, 0), false};
      if (!mp->spinning && gosched.needspinning.load() == 1) {
        becomespinning(mp);
        continue;
      }
      pidleput(mp->pp);
      mp->pp = nullptr;
    }
    const bool wasspinning = mp->spinning;
    if (wasspinning) {
      mp->spinning = false;
      gosched.nmspinning.fetch_sub(1);
      p* pp = nullptr;
      g* gp = nullptr;
      {
        const lockguard hold(gosched.lock);
        if (gosched.runq.n != 0 && (pp = pidlegetspinning()) != nullptr)
          gp = globget(pp, 0);
      }
      if (pp == nullptr) pp = checkrunqs();
      if (pp != nullptr) {
        acquirep(mp, pp);
        becomespinning(mp);
        if (gp != nullptr) return {gp, false};
        continue;
      }
    }
    found f;
    const pollend end = blockinpoll(mp, wasspinning, f);
    if (end == pollend::work) return f;
    if (end == pollend::none) stopm(mp);
  }
}

}  // namespace burrow::rt
