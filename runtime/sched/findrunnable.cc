// runtime/sched/findrunnable.cc - finding a goroutine to run when nothing is at
// hand.
//
// Sources, cheapest first: the p's own timers and queues, the global queue, the
// netpoller, the timers and queues of other ps. A p's queues are private to its m.
// So an m that looks for work does not take it: it asks (kAttnHungry), and the owner
// gives some of what it has to the global queue at its next scheduling point, some
// hundred ns later, if it is worth its way. Only from an owner that does not come by,
// because its goroutine computes, the work is taken: the p is seized for a moment
// (claim.cc).
//
// Going idle [SPIN]. The owner of a p publishes work with plain stores and then
// loads npidle; an idle m raises npidle, passes a heavy fence, and looks at all
// queues. One of the two sees the other. A single goroutine in a queue is left to
// its owner, who will run it next; sysmon wakes an m if that does not come true.
//
// Rejected: thieves that help themselves from a shared ring (Go, Chase-Lev). Each
// pop of the owner pays for it, and a thief that takes the one goroutine which
// the owner was about to run moves it to a cold cache for nothing.

#include <algorithm>

#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kSpinNs = 25'000;   // looking around before sleeping
constexpr std::int64_t kPatience = 5'000;  // before seizing a queue
constexpr std::int64_t kPatienceNext = 20'000;  // ... a lone runnext
constexpr std::uint32_t kBatch = 128;
constexpr std::int64_t kPatienceLone = 2'000;  // ... for which we were woken
constexpr std::uint32_t kWakeLone = 4;         // how many of them, after one

std::uint64_t nextrand(m* mp) noexcept {
  std::uint64_t x = mp->rand + 0x9e3779b97f4a7c15;
  mp->rand = x;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  return x ^ (x >> 27);
}

// keep puts gp, from elsewhere, where pp has its like: who has not started among those,
// so that a tree is not begun in the middle of another (schedule.cc). Those that foreign
// threads have started are no tree: they keep their order.
inline void keep(p* pp, g* gp) noexcept {
  if (gp->ctx.sp == nullptr && gp->parentgoid != 0) {
    pp->lifo.pushback(gp);
  } else {
    pp->fifo.pushback(gp);
  }
}

// globget takes one's share of the global queue, if so many want one: one to run, the
// rest onto pp.
g* globget(p* pp, std::uint32_t most, std::uint32_t among) noexcept {
  if (sched.runqn.load(relaxed) == 0) return nullptr;
  const lockguard hold(sched.lock);
  std::uint32_t n = sched.runq.n / (among > 0 ? among : 1) + 1;
  if (n > most) n = most;
  g* gp = sched.runq.pop();
  while (--n > 0) {
    g* more = sched.runq.pop();
    if (more == nullptr) break;
    keep(pp, more);
  }
  sched.runqn.store(sched.runq.n, relaxed);
  return gp;
}

// plunder moves half of a seized victim's goroutines, oldest first, to pp and
// returns one of them.
g* plunder(p* pp, p* victim) noexcept {
  victim->wakeskip = victim->wakebackoff = 0;
  std::uint32_t n = (queued(victim) + 1) / 2;
  if (n == 0) {
    g* gp = victim->runnext.load(relaxed);
    if (gp == nullptr) return nullptr;
    victim->runnext.store(nullptr, relaxed);
    victim->lone.store(false, relaxed);
    victim->wakelone = pp->wakelone = kWakeLone;
    pp->nsteal.add();
    return gp;
  }
  pp->nsteal.add(n);
  g* first = nullptr;
  for (; n > 0; n--) {
    g* gp = !victim->lifo.empty() ? victim->lifo.popfront()
                                  : victim->fifo.popfront();
    if (first == nullptr) {
      first = gp;
    } else {
      keep(pp, gp);
    }
  }
  return first;
}

// stalker watches one victim at a time for an owner that does not come by.
struct stalker {
  p* victim = nullptr;
  std::uint64_t tick = 0;
  std::int64_t since = 0;
  // How long an owner may take to come by; n: how many wait beside runnext.
  static std::int64_t patience(const p* p2, std::uint32_t n) noexcept {
    if (n > 0) return kPatience;
    return p2->lone.load(relaxed) ? kPatienceLone : kPatienceNext;
  }

  // look returns a goroutine taken from p2, which has some, or null.
  g* look(p* pp, p* p2, std::uint32_t n, std::int64_t now) noexcept {
    if (n > 0 && (p2->attention.load(relaxed) & kAttnHungry) == 0)
      p2->attention.fetch_or(kAttnHungry, relaxed);
    const std::uint64_t t = p2->tick.load(relaxed);
    if (victim == nullptr || (victim == p2 && tick != t)) {
      victim = p2;
      tick = t;
      since = now;
      return nullptr;
    }
    if (victim != p2 || now - since < patience(p2, n)) return nullptr;
    victim = nullptr;
    if (!tryseize(p2)) return nullptr;
    g* gp = plunder(pp, p2);
    releaseseized(p2);
    return gp;
  }
};

// overtake puts the last n of pp's fifo, whom timers have woken, before those that have
// yielded, and behind who was woken so before; wokenend is where those end. When the
// first of those that are overtaken has been so for a ms, all that wait then have their
// turn before anybody overtakes again. Where very many are woken at a time, they stay
// behind: what is needed next is known ahead then (fetchahead). False: they are behind.
bool overtake(p* pp, std::uint32_t n, std::int64_t now) noexcept {
  constexpr std::uint32_t kMost = 64;
  constexpr std::int64_t kOvertaken = 1'000'000;
  runq& q = pp->fifo;
  const std::uint32_t before = q.size() - n;
  std::uint32_t woken = pp->wokenend - q.taken();
  if (woken > before) {
    woken = 0;  // somebody behind them has run since
    pp->overtakensince = 0;
  }
  if (woken == before) {
    pp->wokenend = q.taken() + before + n;
    pp->overtakensince = 0;
    return true;
  }
  if (pp->turnsuntil - q.taken() - 1 < before || woken + n > kMost)
    return false;
  if (pp->overtakensince == 0) pp->overtakensince = now;
  if (now - pp->overtakensince > kOvertaken) {
    pp->turnsuntil = q.taken() + before;
    return false;
  }
  g* first[kMost];
  for (std::uint32_t i = 0; i < woken; i++) first[i] = q.popfront();
  for (std::uint32_t i = 0; i < n; i++) q.pushfront(q.popback());
  for (std::uint32_t i = woken; i > 0; i--) q.pushfront(first[i - 1]);
  pp->wokenend = q.taken() + woken + n;
  pp->turnsuntil = q.taken();  // nobody's
  return true;
}

// rundue runs what is due at now (ns) of ts, on pp. Whom it wakes should have run already:
// the first of them is next, if it may overtake the others.
void rundue(p* pp, timers& ts, std::int64_t now) noexcept {
  constexpr std::uint32_t kFetched = 16;
  runq& q = pp->fifo;
  const g* next = pp->runnext.load(relaxed);
  const std::uint32_t before = q.size();
  runtimers(ts, now);
  g* last = pp->runnext.load(relaxed);
  if (last == next) return;
  q.pushback(last);
  pp->runnext.store(nullptr, relaxed);
  const std::uint32_t n = q.size() - before;
  for (std::uint32_t i = 0; i < n && i < kFetched; i++)
    fetchstack(q.peek(before + i));
  if (overtake(pp, n, now)) pp->runnext.store(q.popfront(), relaxed);
  considerwake(pp);  // who has looked meanwhile may have seen too few
}

// latetimers runs what is due of all ps' timers, and returns one whom that woke.
g* latetimers(p* pp, std::int64_t now) noexcept {
  const std::int32_t np = numprocs();
  for (std::int32_t i = 0; i < np; i++) {
    const std::int64_t when = allp[i]->ts.minwhen();
    if (when == 0 || when > now) continue;
    rundue(pp, allp[i]->ts, now);
    if (g* gp = localnext(pp); gp != nullptr) return gp;
  }
  return nullptr;
}

// lookaround visits every other p once.
g* lookaround(m* mp, p* pp, stalker& st, std::int64_t now) noexcept {
  if (g* gp = latetimers(pp, now); gp != nullptr) return gp;
  const auto np = static_cast<std::uint32_t>(numprocs());
  auto at = static_cast<std::uint32_t>(nextrand(mp) % np);
  for (std::uint32_t i = 0; i < np; i++, at = at + 1 == np ? 0 : at + 1) {
    p* p2 = allp[at];
    if (p2 == pp) continue;
    const std::uint32_t n = queued(p2);
    if (n == 0 && p2->runnext.load(relaxed) == nullptr) continue;
    if (p2->status.load(relaxed) != pstatus::running) continue;
    if (g* gp = st.look(pp, p2, n, now); gp != nullptr) return gp;
  }
  return nullptr;
}

bool called(m* mp) noexcept {
  return sched.stopping.load(relaxed) || sched.ending.load(relaxed) ||
         (mp->ism0 && sched.m0arrived.load(relaxed));
}

// steal looks at the other ps, for kSpinNs if any is busy; at most half as many
// ms as there are busy ps do so at a time.
g* steal(m* mp, p* pp) noexcept {
  const std::int32_t np = numprocs();
  const std::int32_t nidle = sched.npidle.load(relaxed);
  if (np == 1) return nullptr;
  const std::int64_t start = nanotime();
  sched.clock.store(start, relaxed);
  if (!mp->spinning) {
    // Whom somebody was woken for, who has not come yet.
    if (g* gp = latetimers(pp, start); gp != nullptr) return gp;
    if (2 * sched.nmspinning.load(relaxed) >= np - nidle) return nullptr;
    mp->spinning = true;
    sched.nmspinning.fetch_add(1, relaxed);
  }
  stalker st;
  // Nobody else runs: nothing will turn up by looking longer.
  if (nidle == np - 1) return lookaround(mp, pp, st, start);
  for (std::int64_t now = start; now - start < kSpinNs; now = nanotime()) {
    if (g* gp = globget(pp, kBatch, wanting()); gp != nullptr) return gp;
    if (called(mp)) return nullptr;
    if (g* gp = lookaround(mp, pp, st, now); gp != nullptr) return gp;
    sys::procyield(30);
  }
  return nullptr;
}

// leftwork says that pp's owner has more than it can run, or one goroutine for which it
// has tried to wake somebody.
inline bool leftwork(const p* pp, std::int64_t now) noexcept {
  if (pp->status.load(relaxed) != pstatus::running) return false;
  if (queued(pp) > 1) return pp->keepuntil.load(relaxed) <= now;
  return pp->lone.load(relaxed) && pp->runnext.load(relaxed) != nullptr;
}

// mindtimers tells the poller of the timers of pp, which has become idle: it may have
// left them to the owner (timertowatch).
inline void mindtimers(const p* pp) noexcept {
  // [POLL] As who has no p: the poller has looked at pp's status after this, or we read
  // what it sleeps until, or that it is about to look. And who has given pp timers
  // (leavetimers) sees that it is idle, or is seen here.
  std::atomic_thread_fence(seq_cst);
  const std::int64_t when = pp->ts.minwhen();
  if (when != 0 && sched.polluntil.load(relaxed) > when) wakeidlepoller();
}

// goidle gives mp's p back. Null, or work that turned up under the lock.
g* goidle(m* mp, p* pp) noexcept {
  leavetimers(pp);
  {
    const lockguard hold(sched.lock);
    if (sched.stopping.load(relaxed)) return nullptr;
    if (g* gp = onetoomany() ? nullptr : sched.runq.pop(); gp != nullptr) {
      sched.runqn.store(sched.runq.n, relaxed);
      return gp;
    }
    keepnone(pp);
    releasep(mp);
    pidleput(pp);
  }
  mindtimers(pp);
  const bool wasspinning = mp->spinning;
  if (wasspinning) {
    mp->spinning = false;
    sched.nmspinning.fetch_sub(1, seq_cst);
  }
  const std::int32_t np = numprocs();
  if (sched.npidle.load(relaxed) == np) return nullptr;
  detail::asymmetric_heavy();  // [SPIN] pairs with considerwake
  const std::int64_t now = nanotime();
  for (int i = 0; i < np; i++) {
    if (leftwork(allp[i], now)) {
      wakep();  // perhaps ourselves, once we are on the idle list
      break;
    }
  }
  return nullptr;
}

// chaosnext takes any of pp's goroutines, and sends every fourth through the
// global queue, so that it goes on on another m if there is one.
g* chaosnext(m* mp, p* pp) noexcept {
  for (;;) {
    const std::uint64_t r = nextrand(mp);
    g* gp = nullptr;
    if ((r & 3) == 0 && !pp->lifo.empty()) gp = pp->lifo.popfront();
    if (gp == nullptr && (r & 4) != 0 && !pp->fifo.empty())
      gp = pp->fifo.popfront();
    if (gp == nullptr) gp = localnext(pp);
    if (gp == nullptr || (r & 48) != 0) return gp;
    globput(gp);
    if (g* other = globget(pp, 1, 1); other != nullptr) return other;
  }
}

// fromown is the work that needs no other p.
g* fromown(m* mp, p* pp) noexcept {
  const std::uint32_t attn = pp->attention.load(relaxed);
  if (attn != 0) {
    pp->attention.fetch_and(~(kAttnHungry | kAttnLook | kAttnPreempt), relaxed);
    if ((attn & kAttnHungry) != 0) donate(pp);
  }
  if (const std::int64_t when = pp->ts.minwhen(); when != 0) {
    const std::int64_t now = nanotime();
    sched.clock.store(now, relaxed);
    if (when <= now) rundue(pp, pp->ts, now);
    pp->looked = sys::cputicks();
  }
  if (pp->tick.load(relaxed) % 64 == 0 || (attn & kAttnLook) != 0)
    if (g* gp = globget(pp, 1, 1); gp != nullptr) return gp;
  if ((attn & kAttnChaos) != 0) [[unlikely]]
    return chaosnext(mp, pp);
  return localnext(pp);
}

// fromothers is work from anywhere.
g* fromothers(m* mp, p* pp) noexcept {
  const auto all = static_cast<std::uint32_t>(numprocs());
  if (g* gp = globget(pp, kBatch, all); gp != nullptr) return gp;
  if (g* gp = frompoll(pp); gp != nullptr) return gp;
  return steal(mp, pp);
}

}  // namespace

g* findrunnable(m* mp) noexcept {
  if (forkedchild) [[unlikely]]
    fatal("a goroutine waits in the child of a fork: it may only exec or exit");
  for (;;) {
    const bool fortimers = getp(mp) == nullptr ? idle(mp) : mp->spinning;
    if (mp->ism0 && sched.ending.load(acquire)) return nullptr;
    p* pp = getp(mp);
    if (sched.stopping.load(acquire) || sched.ending.load(acquire)) {
      parkp(mp);
      continue;
    }
    // Whom a timer wakes has waited already, and may have done so for this m: while
    // one looks for work nobody else is woken to.
    if (fortimers)
      if (g* gp = latetimers(pp, nanotime()); gp != nullptr) return gp;
    if (g* gp = fromown(mp, pp); gp != nullptr) return gp;
    if (!onetoomany()) {
      if (g* gp = fromothers(mp, pp); gp != nullptr) return gp;
      if (called(mp)) continue;
    }
    BURROW_DCHECK(queued(pp) == 0);
    if (g* gp = goidle(mp, pp); gp != nullptr) return gp;
  }
}

}  // namespace burrow::rt
