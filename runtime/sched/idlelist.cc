// runtime/sched/idlelist.cc - whose a p is, and the lists of those that are idle.
//
// A p is on the idle list, or some m's, or on its way between two (nextp). The lists
// change under sched.lock alone; npidle, which tells how long the one of ps is, is
// read without (wake.cc: [SPIN]). Last in, first out: what was used last is warm.
//
// Rejected: a bit mask of idle ps, as Go keeps beside the list. It is for thieves, who
// look at every p; ours ask the busy ones.

#include "runtime/sched/sched.h"

namespace burrow::rt {

void acquirep(m* mp, p* pp) noexcept {
  if (getp(mp) != nullptr) rtthrow("acquirep: the m has a p");
  if (pp->mp.load(relaxed) != nullptr) rtthrow("acquirep: the p has an m");
  pp->status.store(pstatus::running, relaxed);
  mp->pp.store(pp, relaxed);
  pp->nacquire.store(pp->nacquire.load(relaxed) + 1, relaxed);
  // A p that goes from m to m decides on g0 each time, where no tick counts. With
  // the same tick it would choose the same way for ever: always its oldest, say.
  pp->tick.store(pp->tick.load(relaxed) + 1, relaxed);
  pp->njump.add(1);
  pp->mp.store(mp, release);
}

p* releasep(m* mp) noexcept {
  p* pp = getp(mp);
  if (pp == nullptr || pp->mp.load(relaxed) != mp)
    rtthrow("releasep: not the m's p");
  pp->mp.store(nullptr, relaxed);
  mp->pp.store(nullptr, relaxed);
  return pp;
}

void pidleput(p* pp) noexcept {
  BURROW_DCHECK(sched.ending.load(relaxed) || queued(pp) == 0);
  BURROW_DCHECK(pp->mp.load(relaxed) == nullptr);
  pp->status.store(pstatus::idle, relaxed);
  pp->pidlelink = sched.pidle;
  sched.pidle = pp;
  sched.npidle.fetch_add(1, seq_cst);
}

p* pidleget(p* preferred) noexcept {
  p** at = &sched.pidle;
  if (preferred != nullptr && preferred->status.load(relaxed) == pstatus::idle)
    while (*at != nullptr && *at != preferred) at = &(*at)->pidlelink;
  if (*at == nullptr) at = &sched.pidle;
  p* pp = *at;
  if (pp == nullptr) return nullptr;
  *at = pp->pidlelink;
  sched.npidle.fetch_sub(1, relaxed);
  pp->status.store(pstatus::running, relaxed);
  wakesysmon();
  return pp;
}

void midleput(m* mp) noexcept {
  mp->schedlink = sched.midle;
  sched.midle = mp;
  mp->idle = true;
  sched.nmidle++;
}

bool midleremove(m* mp) noexcept {
  if (!mp->idle) return false;
  m** at = &sched.midle;
  while (*at != mp) at = &(*at)->schedlink;
  *at = mp->schedlink;
  mp->schedlink = nullptr;
  mp->idle = false;
  sched.nmidle--;
  return true;
}

}  // namespace burrow::rt
