// runtime/signal/notify.cc - who has asked for which signals.
//
// A signal that a handler has accepted (sigsend) comes to those who had asked for
// it then, and to nobody else. So what makes a signal unwanted does, under the
// lock:
//
//   1 the disposition is what it shall be from now on
//   2 sigwanted is without it: a handler that looks from here on does what the
//     disposition or the table says
//   3 handlers that had looked before are waited for (sigquiet); what they have
//     accepted is delivered
//   4 the listeners forget it
//
// And notify, before it adds a listener, delivers to the earlier ones what has
// come until then.
//
// Whether the caller's run is on is looked at under the lock, which signotifyreset
// takes when the run has no number any more: who asks is forgotten with the run,
// or finds himself too late. On a foreign thread that is an error; a goroutine
// ends, as at any call into the runtime after its run.

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "burrow/go.h"
#include "burrow/select.h"
#include "burrow/signals.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/signal.h"

namespace burrow::rt {

namespace {

struct listener {
  chan<int> c;
  std::uint64_t set;          // what it gets
  std::uint64_t leaving = 0;  // what of it is no longer wanted
};

struct {
  // Held while signals are sent on: so none comes after stop has returned.
  rtmutex lock;
  std::vector<listener> listeners;
} registry;

template <typename F>
void foreachsig(std::uint64_t set, F f) {
  for (; set != 0; set &= set - 1) f(std::countr_zero(set) + 1);
}

std::uint64_t allwanted() noexcept {
  std::uint64_t set = 0;
  for (const listener& l : registry.listeners) set |= l.set & ~l.leaving;
  return set;
}

// Hands on what handlers have accepted. registry.lock held. Not to be thrown
// from: to send to a channel that is closed is the mistake it is elsewhere.
void handon() noexcept {
  foreachsig(sigtake(), [](int sig) {
    for (const listener& l : registry.listeners)
      if ((l.set & sys::sigbit(sig)) != 0) l.c.try_send(sig);
  });
}

// belongs says whether the caller may change anything: finally, if registry.lock
// is held. A goroutine that has its p holds up the end of its run.
bool belongs() noexcept {
  const m* mp = getm();
  if (mp == nullptr) return sched.runid.load(acquire) != 0;
  return mp->claim.load(acquire) != kClaimTaken || !runover(mp->curg);
}

// norun is for a caller that does not.
[[noreturn]] void norun() {
  if (getm() != nullptr) parkforever(waitreason::forever);  // ends it
  throw std::logic_error("burrow::signals: no run is on");
}

// Adds to what c gets. registry.lock held.
void add(const chan<int>& c, std::uint64_t set) {
  handon();
  auto& all = registry.listeners;
  auto at = std::find_if(all.begin(), all.end(),
                         [&c](const listener& l) { return l.c == c; });
  if (at == all.end())
    all.push_back({c, set});
  else
    at->set |= set;
  const std::uint64_t was = sigwanted.fetch_or(set, seq_cst);
  foreachsig(set & ~was, sigenable);
}

// Steps 2 to 4. registry.lock held.
void settle() noexcept {
  sigwanted.store(allwanted(), seq_cst);  // [SIG] pairs with sigsend
  sigquiet();
  handon();
  for (listener& l : registry.listeners) {
    l.set &= ~l.leaving;
    l.leaving = 0;
  }
  std::erase_if(registry.listeners,
                [](const listener& l) { return l.set == 0; });
}

// forget takes these signals from whoever asked for them, and does `then` to each.
void forget(std::uint64_t set, void (*then)(int sig) noexcept) {
  std::uint64_t gone = 0;
  bool in;
  {
    const lockguard hold(registry.lock);
    in = belongs();
    if (in) {
      gone = sigwanted.load(relaxed) & set;
      for (listener& l : registry.listeners) l.leaving = l.set & set;
      foreachsig(set, then);
      settle();
    }
  }
  if (!in) norun();
  siglisten(gone);
}

// setof checks numbers that a user gives; none: all but the C library's own.
std::uint64_t setof(std::initializer_list<int> sigs) {
  if (!belongs()) norun();
  std::uint64_t set = 0;
  for (const int sig : sigs) {
    if (sig < 1 || sig > sys::kSigmax ||
        (sys::sigtab(sig).flags & sys::kSigReserved) != 0)
      throw std::invalid_argument("burrow::signals: no signal has the number " +
                                  std::to_string(sig));
    set |= sys::sigbit(sig);
  }
  if (sigs.size() != 0) return set;
  for (int sig = 1; sig <= sys::kSigmax; sig++)
    if ((sys::sigtab(sig).flags & sys::kSigReserved) == 0)
      set |= sys::sigbit(sig);
  return set;
}

}  // namespace

void sigdeliver() noexcept {
  const lockguard hold(registry.lock);
  handon();
}

bool sigregistered() noexcept { return sigwanted.load(acquire) != 0; }

void signotifyreset() noexcept {
  std::vector<listener> dropped;  // destroyed without the lock
  std::uint64_t gone;
  {
    const lockguard hold(registry.lock);
    dropped.swap(registry.listeners);
    gone = sigwanted.load(relaxed);
    foreachsig(gone, sigdisable);
    settle();  // nobody is left to have what was accepted
  }
  siglisten(gone);
}

}  // namespace burrow::rt

namespace burrow::signals {

using namespace rt;

void notify(const chan<int>& c, std::initializer_list<int> sigs) {
  if (!c) throw panic_error("signals: notify using nil channel");
  const std::uint64_t set = setof(sigs);
  if (startsigthread() < 0)
    throw std::system_error(
        std::make_error_code(std::errc::resource_unavailable_try_again),
        "burrow::signals::notify: no thread");
  bool in;
  {
    const lockguard hold(registry.lock);
    in = belongs();
    if (in) add(c, set);
  }
  if (!in) norun();
  siglisten(set);
}

void stop(const chan<int>& c) {
  std::uint64_t gone = 0;
  {
    const lockguard hold(registry.lock);
    for (listener& l : registry.listeners)
      if (l.c == c) l.leaving = l.set;
    gone = sigwanted.load(relaxed) & ~allwanted();
    foreachsig(gone, sigdisable);
    settle();
  }
  siglisten(gone);
}

void ignore(std::initializer_list<int> sigs) { forget(setof(sigs), sigignore); }

void reset(std::initializer_list<int> sigs) { forget(setof(sigs), sigdisable); }

bool ignored(int sig) {
  sys::sigdisp now;
  return sig >= 1 && sig <= sys::kSigmax && sys::getsig(sig, &now) >= 0 &&
         (now.handler == sys::kSigign || sigsentignored(sig));
}

std::pair<context, stop_func> notify_context(const context& parent,
                                             std::initializer_list<int> sigs) {
  auto [ctx, cancel] = with_cancel(parent);
  auto c = make_chan<int>(1);
  notify(c, sigs);
  if (!ctx.err())
    go([c, ctx = ctx, cancel = cancel] {
      select(recv(c, [&cancel] { cancel(); }), recv(ctx.done()));
    });
  return {ctx, stop_func(c, cancel)};
}

}  // namespace burrow::signals
