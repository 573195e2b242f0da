// runtime/sched/waitgraph.cc - goroutines that wait for each other in a circle.
//
// A goroutine waits for one object, or, in a select, for one of several. Who may
// end its wait:
//   mutex, rw_mutex held by a writer    the one who holds it: known by its mark
//                                       (burrow/detail/lockmark.h)
//   wait group, channel, rw_mutex       whoever has a reference. Nobody records
//   held by readers                     references: they are looked for on the
//                                       stacks and in the inline closures of
//                                       all goroutines, word by word
// Who waits for the object himself does not count: he would have to be woken
// first.
//
// A goroutine is stuck if each one who may end its wait is stuck. So all are
// taken to be stuck at first, but for those that are not waiting, those that wait
// for something else (a timer, a semaphore), and those for whose object nobody
// is found: a reference may be in the heap, or a foreign thread's. Then whoever
// may be woken by one that is not stuck is not, either, until nothing changes.
// The rest wait for each other: following one waker each leads into a cycle.
//
// A cycle of marks is a deadlock. One that has references in it may not be: a
// reference that was overlooked, in the heap, may be the one that matters, and
// one that was found may be a number, or the remains of an earlier call. It is
// called possible. A mutex that one goroutine locks and another unlocks is taken
// for its locker's.
//
// Rejected: cycles of references alone, without asking who else has one. Each
// healthy pipeline has them.

#include "runtime/sched/waitgraph.h"

#include <algorithm>

#include "runtime/sched/mem.h"
#include "runtime/sched/park.h"
#include "runtime/sched/sanitize.h"
#include "runtime/sched/waitobject.h"

namespace burrow::rt {

namespace {

// More goroutines than this are not searched for references.
constexpr std::size_t kMostSearched = 10'000;
constexpr std::size_t kMostBytes = std::size_t{256} << 10;  // of a parked stack
constexpr std::size_t kMostBytesInUse = std::size_t{64} << 10;
constexpr std::size_t kGuardPage = 4 << 10;
constexpr std::size_t kMostRefs = std::size_t{1} << 20;
constexpr int kMostCycles = 10;
constexpr int kMostSteps = 16;

// ref: goroutine number g (in the list) waits for obj, or has a reference to it.
struct ref {
  address obj;
  std::uint32_t g;

  bool operator==(const ref&) const = default;
};
bool byobj(const ref& a, const ref& b) noexcept {
  return a.obj != b.obj ? a.obj < b.obj : a.g < b.g;
}
bool byg(const ref& a, const ref& b) noexcept {
  return a.g != b.g ? a.g < b.g : a.obj < b.obj;
}

struct refrange {
  const ref* first;
  const ref* last;
  const ref* begin() const noexcept { return first; }
  const ref* end() const noexcept { return last; }
};

refrange ofobj(scratch<ref>& s, address obj) noexcept {
  return {std::lower_bound(s.begin(), s.end(), ref{obj, 0}, byobj),
          std::upper_bound(s.begin(), s.end(), ref{obj, UINT32_MAX}, byobj)};
}
refrange ofg(scratch<ref>& s, std::uint32_t i) noexcept {
  return {std::lower_bound(s.begin(), s.end(), ref{0, i}, byg),
          std::upper_bound(s.begin(), s.end(), ref{UINTPTR_MAX, i}, byg)};
}

struct node {
  waitkind waitsfor = waitkind::none;
  bool sure = false;   // who holds it is known by a mark
  bool stuck = false;  // so far
  std::uint32_t walk = 0;
};

struct stackrange {
  address lo, hi;
  std::uint32_t g;
};

class graph {
 public:
  graph(std::span<g* const> gs, const g* here, const void* heresp) noexcept
      : gs_(gs),
        here_(here),
        heresp_(heresp),
        nodes_(gs.size()),
        stacks_(gs.size()),
        waits_(kMostRefs),
        waiters_(kMostRefs),
        holds_(kMostRefs),
        holders_(kMostRefs),
        todo_(gs.size()) {}

  // build returns false where there is not enough memory.
  bool build() noexcept;
  void print(printer& out) noexcept;

 private:
  bool addwaits(std::uint32_t i) noexcept;
  bool addowner(std::uint32_t i, address obj) noexcept;
  bool search() noexcept;
  bool searchwords(const char* lo, const char* hi, std::uint32_t i,
                   scratch<address>& targets) noexcept;
  void relax() noexcept;
  ref step(std::uint32_t i) noexcept;
  bool othersrun() const noexcept;
  void printcycle(printer& out, std::uint32_t first) noexcept;
  void printname(printer& out, std::uint32_t i) noexcept;

  std::span<g* const> gs_;
  const g* here_;
  const void* heresp_;
  scratch<node> nodes_;
  scratch<stackrange> stacks_;  // by address
  scratch<ref> waits_;          // by g
  scratch<ref> waiters_;        // the same, by object
  scratch<ref> holds_;          // by g
  scratch<ref> holders_;        // the same, by object
  scratch<std::uint32_t> todo_;
};

// addwaits notes what goroutine i waits for.
BURROW_READS_ANYTHING bool graph::addwaits(std::uint32_t i) noexcept {
  const g* gp = gs_[i];
  if (gp->inuse || gp->status.load(acquire) != gstatus::waiting) return true;
  const waitkind k = waitkindof(gp->why);
  if (k == waitkind::none || gp->waiting == nullptr) return true;
  const std::size_t before = waits_.size();
  for (const sudog* s = gp->waiting; s != nullptr; s = s->waitlink) {
    const spinlock* l = s->lock;
    // Being woken by a thread without a p; or a timer will.
    if (l == nullptr || s->q.load(relaxed) == nullptr ||
        (k == waitkind::channel && s->ticket != 0)) {
      waits_.resize(before);
      return true;
    }
    if (!waits_.push({objectat(k, l), i})) return false;
  }
  nodes_[i].waitsfor = k;
  nodes_[i].stuck = true;
  return addowner(i, waits_[before].obj);
}

// addowner notes who holds obj, for which i waits, if that is known by a mark.
bool graph::addowner(std::uint32_t i, address obj) noexcept {
  const holding held = holderof(nodes_[i].waitsfor, obj);
  nodes_[i].sure = held.sure;
  if (held.mark == 0) return true;
  const stackrange* s = std::upper_bound(
      stacks_.begin(), stacks_.end(), held.mark,
      [](address at, const stackrange& b) { return at < b.hi; });
  if (s == stacks_.end() || held.mark < s->lo) return true;
  return holds_.push({obj, s->g});
}

// searchwords looks for targets in [lo, hi).
BURROW_READS_ANYTHING bool graph::searchwords(
    const char* lo, const char* hi, std::uint32_t i,
    scratch<address>& targets) noexcept {
  using word [[gnu::may_alias]] = address;
  const address least = targets[0];
  const address most = targets[targets.size() - 1];
  const auto first = (reinterpret_cast<address>(lo) + 7) & ~address{7};
  const auto* at = reinterpret_cast<const volatile word*>(first);
  const auto* end = reinterpret_cast<const volatile word*>(hi);
  for (; at < end; at++) {
    const address x = *at;
    if (x < least || x > most ||
        !std::binary_search(targets.begin(), targets.end(), x))
      continue;
    if (!holds_.push({x, i})) return false;
  }
  return true;
}

// search notes who has references to what is waited for without a mark.
bool graph::search() noexcept {
  scratch<address> targets(waits_.size());
  for (const ref& w : waits_)
    if (!nodes_[w.g].sure) targets.push(w.obj);
  if (targets.empty()) return static_cast<bool>(targets);
  std::sort(targets.begin(), targets.end());
  targets.resize(static_cast<std::size_t>(
      std::unique(targets.begin(), targets.end()) - targets.begin()));
  const unguarded quiet;
  for (std::uint32_t i = 0; i < gs_.size(); i++) {
    const g* gp = gs_[i];
    const auto* closure = reinterpret_cast<const char*>(gp->inlineclosure);
    if (!searchwords(closure, closure + sizeof gp->inlineclosure, i, targets))
      return false;
    const char* hi = gp->stack.hi;
    if (hi == nullptr) continue;
    const char* lo;
    if (gp == here_) {
      lo = static_cast<const char*>(heresp_);
    } else if (gp->inuse) {  // where its stack ends is not known
      lo = gp->stack.lo + kGuardPage;
      if (hi - kMostBytesInUse > lo) lo = hi - kMostBytesInUse;
    } else {
      lo = static_cast<const char*>(gp->ctx.sp);
    }
    if (lo == nullptr) continue;
    const char* end =
        static_cast<std::size_t>(hi - lo) > kMostBytes ? lo + kMostBytes : hi;
    if (!searchwords(lo, end, i, targets)) return false;
  }
  return true;
}

bool copysorted(scratch<ref>& to, scratch<ref>& from,
                bool (*less)(const ref&, const ref&)) noexcept {
  for (const ref& r : from)
    if (!to.push(r)) return false;
  std::sort(to.begin(), to.end(), less);
  return true;
}

// relax finds out who is not stuck.
void graph::relax() noexcept {
  for (std::uint32_t i = 0; i < gs_.size(); i++) {
    for (const ref& w : ofg(waits_, i)) {
      const refrange who = ofobj(holders_, w.obj);
      if (who.begin() == who.end()) nodes_[i].stuck = false;
    }
    if (!nodes_[i].stuck) todo_.push(i);
  }
  for (std::size_t n = 0; n < todo_.size(); n++) {
    for (const ref& h : ofg(holds_, todo_[n])) {
      for (const ref& w : ofobj(waiters_, h.obj)) {
        if (!nodes_[w.g].stuck) continue;
        nodes_[w.g].stuck = false;
        todo_.push(w.g);
      }
    }
  }
}

bool graph::build() noexcept {
  if (!nodes_ || !stacks_ || !todo_) return false;
  for (std::uint32_t i = 0; i < gs_.size(); i++) {
    nodes_.push({});
    const stackspan& s = gs_[i]->stack;
    if (s.lo != nullptr)
      stacks_.push({reinterpret_cast<address>(s.lo),
                    reinterpret_cast<address>(s.hi), i});
  }
  std::sort(
      stacks_.begin(), stacks_.end(),
      [](const stackrange& a, const stackrange& b) { return a.lo < b.lo; });
  for (std::uint32_t i = 0; i < gs_.size(); i++)
    if (!addwaits(i)) return false;
  if (waits_.empty()) return false;
  if (gs_.size() <= kMostSearched && !search()) return false;
  if (!copysorted(waiters_, waits_, byobj)) return false;
  std::sort(waits_.begin(), waits_.end(), byg);
  std::sort(holds_.begin(), holds_.end(), byg);
  const auto useless = [this](const ref& h) {
    const refrange own = ofg(waits_, h.g);
    return !nodes_[h.g].sure &&
           std::find(own.begin(), own.end(), h) != own.end();
  };
  ref* end = std::unique(holds_.begin(), holds_.end());
  end = std::remove_if(holds_.begin(), end, useless);
  holds_.resize(static_cast<std::size_t>(end - holds_.begin()));
  if (!copysorted(holders_, holds_, byobj)) return false;
  relax();
  return true;
}

// step is the object that stuck goroutine i waits for, and one who may wake it.
ref graph::step(std::uint32_t i) noexcept {
  const address obj = ofg(waits_, i).begin()->obj;
  return *ofobj(holders_, obj).begin();
}

void graph::printname(printer& out, std::uint32_t i) noexcept {
  out.str("goroutine ").udec(gs_[i]->goid);
  if (gs_[i]->name != nullptr) out.str(" \"").indented(gs_[i]->name).str("\"");
}

// Who runs meanwhile may have taken a lock and not said so yet (lockmark.h).
bool graph::othersrun() const noexcept {
  for (const g* gp : gs_)
    if (gp != here_ && gp->inuse) return true;
  return false;
}

void graph::printcycle(printer& out, std::uint32_t first) noexcept {
  bool sure = !othersrun();
  int steps = 0;
  std::uint32_t i = first;
  do {
    sure = sure && nodes_[i].sure;
    steps++;
    i = step(i).g;
  } while (i != first);
  out.str(sure ? "\nwait-for cycle: " : "\npossible wait-for cycle: ");
  for (int n = 0; n < steps && n < kMostSteps; n++) {
    const ref to = step(i);
    if (n > 0) out.str("; ");
    printname(out, i);
    out.str(" [").str(waitreason_name(gs_[i]->why)).str("] waits for ");
    out.str(waitkindname(nodes_[i].waitsfor)).str(" ").hex(to.obj);
    out.str(nodes_[i].sure ? " held by " : ", may be woken by ");
    printname(out, to.g);
    i = to.g;
  }
  if (steps > kMostSteps)
    out.str("; and ").dec(steps - kMostSteps).str(" more");
  out.str("\n");
}

void graph::print(printer& out) noexcept {
  int cycles = 0;
  for (std::uint32_t i = 0; i < gs_.size() && cycles < kMostCycles; i++) {
    // Marks its way by i + 1, up to a cycle of its own or to an earlier way.
    std::uint32_t at = i;
    while (nodes_[at].stuck && nodes_[at].walk == 0) {
      nodes_[at].walk = i + 1;
      at = step(at).g;
    }
    if (!nodes_[at].stuck || nodes_[at].walk != i + 1) continue;
    printcycle(out, at);
    cycles++;
  }
}

}  // namespace

void printcycles(printer& out, std::span<g* const> gs, const g* here,
                 const void* heresp) noexcept {
  graph all(gs, here, heresp);
  if (all.build()) all.print(out);
}

}  // namespace burrow::rt
