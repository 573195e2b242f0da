// runtime/sched/go.cc - the public functions of burrow/go.h.

#include "burrow/go.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "burrow/detail/goexit.h"
#include "runtime/sched/goroutine.h"
#include "runtime/sched/sched.h"
#include "runtime/sched/stack.h"

namespace burrow {

using namespace rt;

namespace {

static_assert(sizeof(g::inlineclosure) == detail::kInlineClosure);

// born makes gp, new, one that is started by what runs on mp (null: a foreign thread).
// pc: the return address of the call that starts it.
inline g* born(g* gp, const m* mp, void* pc) noexcept {
  gp->parentgoid = mp != nullptr ? mp->curg->goid : 0;
  gp->gopc = reinterpret_cast<std::uintptr_t>(pc);
  return gp;
}

// started counts gp, which is on its way to pp's queue, as started.
inline void started(p* pp, g* gp) noexcept {
  BURROW_DCHECK(gp->status.load(relaxed) == gstatus::dead);
  gp->status.store(gstatus::runnable, relaxed);
  pp->nstarted.add();
}

inline void push(p* pp, g* gp) noexcept {
  started(pp, gp);
  pp->lifo.pushback(gp);
  considerwake(pp);
}

// endstay leaves the runtime, and yields if that is asked for.
inline void endstay(m* mp) noexcept {
  if ((getp(mp)->attention.load(relaxed) & kAttnPreempt) == 0) [[likely]]
    return leave(mp);
  getp(mp)->npreempt.add();
  leave(mp);
  goyield();
}

// spawning is a stay in the runtime to make or start a goroutine: with a p, or,
// on a foreign thread, without. In a timer's callback on g0 it is no stay of
// its own.
class spawning {
 public:
  spawning() noexcept : mp_(getm()) {
    if (mp_ == nullptr || mp_->inruntime.load(relaxed) != 0) return;
    if (!enter(mp_)) mp_ = reacquire(mp_);
    own_ = mp_;
  }
  ~spawning() {
    if (own_ != nullptr) endstay(own_);
  }
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;

  p* pp() const noexcept { return mp_ != nullptr ? getp(mp_) : nullptr; }

  // Errors  std::logic_error: a foreign thread, and no run is on.
  g* make(void* pc) const {
    if (mp_ == nullptr && (sched.runid.load(relaxed) == 0 || numprocs() == 0))
      throw std::logic_error("burrow::go: no run is on");
    return born(galloc(pp()), mp_, pc);
  }

  // A foreign thread's is dropped if the run has ended since make.
  void start(g* gp) const noexcept {
    if (p* mine = pp(); mine != nullptr) return push(mine, gp);
    sched.nforeign.fetch_add(1, relaxed);
    if (!globput(gp)) gfree(nullptr, gp);
  }

 private:
  m* mp_;
  m* own_ = nullptr;  // whose stay this is
};

void setoptions(g* gp, const go_options& o) {
  if (o.stack_size != 0) {
    gp->stackpages = stackround(o.stack_size);
    if (gp->stackpages == sched.stackpages.load(relaxed)) gp->stackpages = 0;
  }
  if (o.name.empty()) return;
  auto* name = static_cast<char*>(std::malloc(o.name.size() + 1));
  if (name == nullptr) return;  // a name is a convenience
  std::memcpy(name, o.name.data(), o.name.size());
  name[o.name.size()] = 0;
  gp->name = name;
}

}  // namespace

namespace detail {

namespace {

// go_begin on a foreign thread, or in a timer's callback on g0.
[[gnu::noinline]] begun beginelsewhere(void* pc) {
  const spawning s;
  return {s.make(pc)->inlineclosure, nullptr};
}

// What go_begin and go_commit seldom do is apart and the last of them: they need no
// frame of their own then, which was a third of their instructions.

// In the runtime, perhaps without the p (lost), or without a free g.
[[gnu::noinline]] begun beginslow(m* mp, void* pc, bool lost) {
  if (lost) mp = reacquire(mp);
  return {born(galloc(getp(mp)), mp, pc)->inlineclosure, mp};
}

[[gnu::noinline]] void commitfull(m* mp, g* gp) noexcept {
  push(getp(mp), gp);
  endstay(mp);
}

[[gnu::noinline]] void commitslow(m* mp) noexcept {
  considerwake(getp(mp));
  endstay(mp);
}

}  // namespace

// Not inlined by link-time optimisation: the return address is to lie in the
// user's function, into which the public templates are.
[[gnu::noinline]] begun go_begin() {
  void* pc = __builtin_return_address(0);
  m* mp = getm();
  if (mp == nullptr || mp->inruntime.load(relaxed) != 0) [[unlikely]]
    return beginelsewhere(pc);
  const bool lost = !enter(mp);
  p* pp = getp(mp);
  if (lost || !hasfree(pp)) [[unlikely]]
    return beginslow(mp, pc, lost);
  return {born(gtake(pp), mp, pc)->inlineclosure, mp};
}

void go_commit(begun b, invoker call) noexcept {
  auto* gp = reinterpret_cast<g*>(static_cast<unsigned char*>(b.room) -
                                  offsetof(g, inlineclosure));
  m* mp = b.m;
  if (mp == nullptr) [[unlikely]]
    return go_start(gp, call, b.room);
  gp->invoke = call;
  p* pp = getp(mp);
  if (!pp->lifo.tryappend(gp)) [[unlikely]]
    return commitfull(mp, gp);
  started(pp, gp);
  asymmetric_light();  // [SPIN] as in considerwake, which is not called for nothing
  if (wakeable() > 0 || (pp->attention.load(relaxed) & kAttnPreempt) != 0)
      [[unlikely]]
    return commitslow(mp);
  leave(mp);
}

[[gnu::noinline]] rt::g* go_prepare(const go_options* o) {
  if (o != nullptr && stackround(o->stack_size) == 0)
    throw std::length_error(kSmallSpace
                                ? "burrow::go: stack_size is above 256 MiB"
                                : "burrow::go: stack_size is above 64 GiB");
  g* gp;
  {
    const spawning s;
    gp = s.make(__builtin_return_address(0));
  }
  if (o != nullptr) setoptions(gp, *o);
  return gp;
}

void* go_room(rt::g* gp) noexcept { return gp->inlineclosure; }

void go_start(rt::g* gp, invoker call, void* closure) noexcept {
  setcall(gp, call, closure);
  const spawning s;
  s.start(gp);
}

void go_drop(rt::g* gp) noexcept { gfree(nullptr, gp); }

goexit_signal::~goexit_signal() noexcept {
  if (!reached_) fatal("goexit: a catch (...) on the way did not rethrow");
}

}  // namespace detail

void yield() { goyield(); }

void goexit() {
  m* mp = getm();
  if (mp == nullptr)
    throw std::logic_error("burrow::goexit: not on a goroutine");
  throw detail::goexit_signal();
}

int num_goroutine() { return static_cast<int>(goroutinecount()); }

std::uint64_t goid() {
  const m* mp = getm();
  return mp != nullptr ? mp->curg->goid : 0;
}

}  // namespace burrow
