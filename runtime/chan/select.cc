// runtime/chan/select.cc - select over any number of channels.
//
// Passes
//   1 glance: without a lock, which cases look ready? One of them is chosen,
//     and tried under its own channel's lock. A ready select locks one channel.
//     If none of many is, and a few goroutines wait for this processor, they have
//     their turn, and it glances again: it is they, most likely, who make a case
//     ready, and to wait on n channels costs n parks, to yield one switch.
//   2 lock all channels, in the order of their addresses, each once.
//   3 look again. Ready: unlock the others and do it. Else, with a default:
//     unlock.
//   4 enqueue one sudog for each case; park; the unlock of all is done by
//     gopark.
//   5 woken by the one whose claim succeeded, take the sudogs of the losers off
//     their queues, channel by channel.
//
// Why pass 5 is safe: this frame holds the sudogs, and a waker of a losing
// channel may be looking at one of them at this moment, as may the unlocking of
// pass 4 at the list of cases. Both hold or held the lock of each losing
// channel, which we take before we leave. The winner's lock was taken by its
// waker after pass 4 had released it, and he is done with the sudog when he
// makes us ready.
//
// Rejected: Go's shuffled order of polling. It costs n random numbers a select;
// choosing among the ready ones costs one, when there are two or more. Only
// cases of one channel have to be shuffled, before they are queued.
// Rejected: a random start, and the first that is ready from there (tokio). Whose
// neighbours are not ready would be chosen more often.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>

#include "burrow/select.h"
#include "runtime/chan/chan.h"
#include "runtime/sched/foresee.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

using detail::kNoCase;
using detail::kRecvWaiting;
using detail::kSendWaiting;
using detail::scase;
using detail::selresult;

namespace {

constexpr std::size_t kMany = 8;  // cases

// below returns a number from [0, n), n < 2^32, from the thread's xorshift.
//
// noinline: the thread-local's address must not be kept over a park.
[[gnu::noinline]] std::size_t below(std::size_t n) noexcept {
  static thread_local std::uint64_t state =
      (reinterpret_cast<std::uintptr_t>(&state) | 1) * 0x9E3779B97F4A7C15u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::size_t>(((state >> 32) * n) >> 32);
}

// selection is one select at work: its cases with a channel, in lock order.
struct selection {
  const scase* cases;
  std::uint32_t* order;
  sudog* sudogs;  // one for each entry of order, from pass 4 on
  std::size_t n;  // of order

  hchan* chan(std::size_t i) const noexcept { return cases[order[i]].c; }

  // next returns the first entry after i that is for another channel.
  std::size_t next(std::size_t i) const noexcept {
    hchan* c = chan(i);
    while (++i < n && chan(i) == c) {
    }
    return i;
  }
};

// isready says whether k need not wait: a hint without its channel's lock.
// Under the lock it errs only by counting waiters that another case has woken.
bool isready(const scase& k) noexcept {
  if (k.c == nullptr) return false;
  return k.send ? !detail::cannotsend(k.c) : !detail::cannotrecv(k.c);
}

// pickready chooses one of the ready cases, each as likely as the other;
// kNoCase if there is none. Of many cases it tries some at random: the first that
// is ready is any of the ready ones, and no other need be looked at.
std::size_t pickready(const scase* cases, std::size_t n) noexcept {
  constexpr int kProbes = 3;
  for (int i = 0; n >= kMany && i < kProbes; ++i) {
    const std::size_t any = below(n);
    if (isready(cases[any])) return any;
  }
  constexpr std::size_t kWord = 64;
  std::size_t chosen = kNoCase, before = 0;
  for (std::size_t from = 0; from < n; from += kWord) {
    const std::size_t to = std::min(n, from + kWord);
    std::uint64_t ready = 0;
    for (std::size_t i = to; i-- > from;) {
      ready = ready << 1 | std::uint64_t{isready(cases[i])};
    }
    if (ready == 0) continue;
    const auto count = static_cast<std::size_t>(std::popcount(ready));
    std::size_t skip = before + count > 1 ? below(before + count) : 0;
    before += count;
    // The ones of the words before stay chosen as often as they are many.
    if (skip >= count) continue;
    for (; skip > 0; --skip) ready &= ready - 1;
    chosen = from + static_cast<std::size_t>(std::countr_zero(ready));
  }
  return chosen;
}

// now tries k. Context: its channel locked, still so after wouldblock.
chanop now(const scase& k) noexcept {
  return k.send ? sendnow(k.c, k.elem) : recvnow(k.c, k.elem);
}

// glance is pass 1.
//
// Returns  the result, with index kNoCase if nothing was ready.
selresult glance(const scase* cases, std::size_t n) noexcept {
  constexpr int kTries = 2;  // somebody else was faster: lock them all
  for (int t = 0; t < kTries; ++t) {
    const std::size_t i = pickready(cases, n);
    if (i == kNoCase) break;
    cases[i].c->lock.lock();
    const chanop r = now(cases[i]);
    if (r != chanop::wouldblock) return {i, r == chanop::ok};
    cases[i].c->lock.unlock();
  }
  return {kNoCase, false};
}

// sortbyaddress fills in order and n: by insertion for the few cases of a
// select in a program's text, else by std::sort.
void sortbyaddress(selection* s, std::size_t ncases) noexcept {
  constexpr std::size_t kFew = 16;
  const auto before = [cases = s->cases](std::uint32_t a, std::uint32_t b) {
    return reinterpret_cast<std::uintptr_t>(cases[a].c) <
           reinterpret_cast<std::uintptr_t>(cases[b].c);
  };
  s->n = 0;
  for (std::uint32_t i = 0; i < ncases; ++i) {
    if (s->cases[i].c == nullptr) continue;
    std::size_t at = s->n++;
    for (; ncases <= kFew && at > 0 && before(i, s->order[at - 1]); --at) {
      s->order[at] = s->order[at - 1];
    }
    s->order[at] = i;
  }
  if (ncases > kFew && !std::is_sorted(s->order, s->order + s->n, before))
    std::sort(s->order, s->order + s->n, before);
}

void lockall(const selection& s) noexcept {
  for (std::size_t i = 0; i < s.n; i = s.next(i)) s.chan(i)->lock.lock();
}

// unlockall unlocks all channels but `keep`. After the last unlock it does not
// look at the selection: that may be gone.
void unlockall(const selection& s, const hchan* keep) noexcept {
  for (std::size_t i = 0; i < s.n;) {
    hchan* c = s.chan(i);
    i = s.next(i);
    const bool last = i >= s.n;
    if (c != keep) c->lock.unlock();
    if (last) return;
  }
}

// shuffletwins puts the cases of one and the same channel in random order,
// since the first in its queue is the one that will be chosen.
void shuffletwins(const selection& s) noexcept {
  for (std::size_t i = 0; i < s.n;) {
    const std::size_t to = s.next(i);
    for (std::size_t left = to - i; left > 1; --left, ++i) {
      std::swap(s.order[i], s.order[i + below(left)]);
    }
    i = to;
  }
}

// enqueue is the first half of pass 4.
//
// Returns  the list of the sudogs, by waitlink.
sudog* enqueue(const selection& s, selstate* state) noexcept {
  rt::g* gp = getg();
  for (std::size_t i = 0; i < s.n; ++i) {
    const scase& k = s.cases[s.order[i]];
    sudog* sg = ::new (s.sudogs + i) sudog;
    sg->gp = gp;
    sg->elem = k.elem;
    sg->sel = state;
    sg->lock = &k.c->lock;
    sg->ticket = k.c->is(detail::kTimer);
    sg->waitlink = i + 1 < s.n ? sg + 1 : nullptr;
    (k.send ? k.c->sendq : k.c->recvq).enqueue(sg);
    setflag(k.c, k.send ? kSendWaiting : kRecvWaiting);
  }
  return s.sudogs;
}

// leave takes the sudogs of entries [from, to), all of one channel, off its
// queues.
void leave(const selection& s, std::size_t from, std::size_t to,
           const sudog* winner) noexcept {
  hchan* c = s.chan(from);
  if (to - from == 1 && s.sudogs + from == winner) return;
  c->lock.lock();
  for (std::size_t i = from; i < to; ++i) {
    sudog* sg = s.sudogs + i;
    if (sg == winner) continue;
    const bool send = s.cases[s.order[i]].send;
    waitq* q = send ? &c->sendq : &c->recvq;
    // Not on the queue: a waker took it, lost the claim, and counted a visit.
    if (!q->remove(sg)) --c->visits;
    if (q->empty()) clearflag(c, send ? kSendWaiting : kRecvWaiting);
  }
  const bool free =
      c->dead && c->visits == 0 && c->recvq.empty() && c->sendq.empty();
  c->lock.unlock();
  if (free) freechan(c);
}

// parkall is passes 4 and 5. Context: all channels locked.
selresult parkall(selection& s, const void* from, bool* foreseen) noexcept {
  selstate state;
  shuffletwins(s);
  sudog* waiting = enqueue(s, &state);
  *foreseen = gopark(
      [](void* arg) { unlockall(*static_cast<selection*>(arg), nullptr); }, &s,
      waiting, waitreason::select, from);
  const sudog* winner = state.winner;
  for (std::size_t i = 0; i < s.n;) {
    const std::size_t to = s.next(i);
    leave(s, i, to, winner);
    i = to;
  }
  return {s.order[winner - s.sudogs], winner->success};
}

burrow_waited chose(selresult r, bool foreseen) noexcept {
  return waited(r.index, r.success, foreseen);
}

// selectslow is selectgo past its first glance; block: nblock % 2.
burrow_waited selectslow(const void* k, void* sudogs, void* order,
                         std::size_t nblock, const void* from) noexcept {
  const auto* cases = static_cast<const scase*>(k);
  const std::size_t n = nblock / 2;
  const bool block = nblock % 2 != 0;
  if (block && n >= kMany && yieldtofew(static_cast<std::uint32_t>(n))) {
    const selresult r = glance(cases, n);
    if (r.index != kNoCase) return chose(r, false);
  }
  selection s{cases, static_cast<std::uint32_t*>(order),
              static_cast<sudog*>(sudogs), 0};
  sortbyaddress(&s, n);
  if (s.n == 0) {
    if (!block) return chose({kNoCase, false}, true);
    parkforever(waitreason::select);
  }
  for (;;) {
    lockall(s);
    const std::size_t i = pickready(cases, n);
    if (i == kNoCase) break;
    hchan* c = cases[i].c;
    unlockall(s, c);
    const chanop r = now(cases[i]);
    if (r != chanop::wouldblock) return chose({i, r == chanop::ok}, true);
    // Its waiters had been woken by others; now they are gone. Look again.
    c->lock.unlock();
  }
  if (!block) {
    unlockall(s, nullptr);
    return chose({kNoCase, false}, true);
  }
  bool foreseen = true;
  const selresult r = parkall(s, from, &foreseen);
  return chose(r, foreseen);
}

}  // namespace
}  // namespace burrow::rt

namespace burrow::detail {

selresult selectgo(const scase* cases, std::size_t n, bool block,
                   selmem mem) noexcept {
  if (selresult r = rt::glance(cases, n); r.index != kNoCase) return r;
  return rt::foresee<selresult>(cases, mem.sudogs, mem.order,
                                n * 2 + (block ? 1 : 0), rt::selectslow);
}

struct case_access {
  static const caseops* ops(const select_case& k) noexcept { return k.ops_; }
  static void* obj(const select_case& k) noexcept { return k.obj_; }
};

}  // namespace burrow::detail

namespace burrow {

std::size_t select() { rt::parkforever(rt::waitreason::select_no_cases); }

namespace {

constexpr std::size_t kOnStack = 16;  // cases; more are put on the heap

using detail::kNoCase;

// trycases is selectgo for erased cases; ks and mem are for as many as there
// are.
detail::selresult trycases(std::span<select_case> cases, detail::scase* ks,
                           detail::selmem mem) {
  std::size_t deflt = kNoCase;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    ks[i] = {};
    const detail::caseops* ops = detail::case_access::ops(cases[i]);
    if (ops == nullptr) continue;
    if (ops->isdefault) {
      if (deflt != kNoCase) {
        throw std::logic_error("select: more than one otherwise()");
      }
      deflt = i;
    }
    ops->fill(detail::case_access::obj(cases[i]), ks[i]);
  }
  detail::selresult r =
      detail::selectgo(ks, cases.size(), deflt == kNoCase, mem);
  if (r.index == kNoCase) r.index = deflt;
  return r;
}

// trymany is trycases with memory from the heap.
detail::selresult trymany(std::span<select_case> cases) {
  const std::size_t n = cases.size();
  auto ks = std::make_unique_for_overwrite<detail::scase[]>(n);
  auto order = std::make_unique_for_overwrite<std::uint32_t[]>(n);
  auto sudogs =
      std::make_unique_for_overwrite<std::byte[]>(n * sizeof(detail::sudog));
  return trycases(
      cases, ks.get(),
      {reinterpret_cast<detail::sudog*>(sudogs.get()), order.get()});
}

}  // namespace

std::size_t select(std::span<select_case> cases) {
  if (cases.empty()) select();
  detail::selresult r;
  if (cases.size() <= kOnStack) {
    detail::scase ks[kOnStack];
    detail::selframe<kOnStack> frame;
    r = trycases(cases, ks, frame.mem());
  } else {
    r = trymany(cases);
  }
  const select_case& ran = cases[r.index];
  detail::case_access::ops(ran)->finish(detail::case_access::obj(ran),
                                        r.success);
  return r.index;
}

}  // namespace burrow
