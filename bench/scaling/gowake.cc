// bench/scaling/gowake.cc - Go's idle ps and ms in the simulation, and who wakes whom.
#include <new>

#include "bench/scaling/gomodel.h"
#include "bench/scaling/poll.h"

namespace burrow::rt {

// pidleput, pidleget: gosched.lock held.
void pidleput(p* pp) {
  idlepmask[pp->id / 32].fetch_or(std::uint32_t{1} << (pp->id % 32));
  pp->status.store(0, relaxed);
  pp->link = gosched.pidle;
  gosched.pidle = pp;
  gosched.npidle.fetch_add(1);
}

p* pidleget() {
  p* pp = gosched.pidle;
  if (pp == nullptr) return nullptr;
  idlepmask[pp->id / 32].fetch_and(~(std::uint32_t{1} << (pp->id % 32)));
  gosched.pidle = pp->link;
  gosched.npidle.fetch_sub(1);
  return pp;
}

p* pidlegetspinning() {
  p* pp = pidleget();
  if (pp == nullptr) gosched.needspinning.store(1);
  return pp;
}

void acquirep(m* mp, p* pp) {
  mp->pp = pp;
  pp->status.store(1, relaxed);
}

void becomespinning(m* mp) {
  mp->spinning = true;
  gosched.nmspinning.fetch_add(1);
  gosched.needspinning.store(0);
}

m* makem() {
  static std::uint32_t made = 0;
  m* mp = new (::sim::arena(sizeof(m))) m;
  mp->rand = static_cast<std::uint32_t>(::sim::seed()) * 2654435761u + ++made;
  if (mp->rand == 0) mp->rand = 1;
  return mp;
}

void startm(p* pp, bool spinning) {
  m* mp;
  {
    const lockguard hold(gosched.lock);
    mp = gosched.midle;
    if (mp != nullptr) {
      gosched.midle = mp->schedlink;
      gosched.nmidle--;
    }
  }
  if (mp == nullptr) {
    mp = makem();
    mp->spinning = spinning;
    mp->nextp = pp;
    ::sim::start(mstart, mp, ::sim::cost().newthread);
    ::sim::work(::sim::cost().newthread);
    return;
  }
  mp->spinning = spinning;
  mp->nextp = pp;
  mp->park.wakeup();
}

void stopm(m* mp) {
  {
    const lockguard hold(gosched.lock);
    mp->schedlink = gosched.midle;
    gosched.midle = mp;
    gosched.nmidle++;
  }
  mp->park.sleep(-1);
  mp->park.clear();
  acquirep(mp, mp->nextp);
  mp->nextp = nullptr;
}

// One m at a time is woken to look for work.
void wakep() {
  std::int32_t none = 0;
  if (gosched.nmspinning.load() != 0 ||
      !gosched.nmspinning.compare_exchange_strong(none, 1))
    return;
  p* pp;
  {
    const lockguard hold(gosched.lock);
    pp = pidlegetspinning();
    if (pp == nullptr) gosched.nmspinning.fetch_sub(1);
  }
  if (pp != nullptr) startm(pp, true);
}

// startIdle, of injectglist.
void startidle(std::uint32_t n) {
  for (; n > 0; n--) {
    p* pp;
    {
      const lockguard hold(gosched.lock);
      pp = pidlegetspinning();
    }
    if (pp == nullptr) return;
    startm(pp, false);
  }
}

}  // namespace burrow::rt
