// runtime/signal/notify.cc - who has asked for which signals.

#include <stdexcept>
#include <string>
#include <vector>

#include "burrow/go.h"
#include "burrow/select.h"
#include "burrow/signals.h"
#include "runtime/signal/signal.h"

namespace burrow::rt {

namespace {

struct listener {
  chan<int> c;
  std::uint64_t set;
};

struct {
  // Held while signals are sent on: so none comes after stop has returned.
  rtmutex lock;
  std::vector<listener> listeners;
} registry;

std::uint64_t allwanted() noexcept {
  std::uint64_t set = 0;
  for (const listener& l : registry.listeners) set |= l.set;
  return set;
}

// Has the signals whose state of being wanted has changed come, or not any more.
// registry.lock held.
void update() noexcept {
  const std::uint64_t want = allwanted();
  const std::uint64_t was = sigwanted.exchange(want, acq_rel);
  for (int sig = 1; sig <= sys::kSigmax; sig++) {
    const std::uint64_t bit = sys::sigbit(sig);
    if ((sys::sigtab(sig).flags & sys::kSigNotify) == 0) continue;
    if ((want & ~was & bit) != 0) sigenable(sig);
    if ((was & ~want & bit) != 0) sigdisable(sig);
  }
}

// listen has the signal thread take those signals that all ms may block.
void listenifblocked(std::uint64_t set) noexcept {
  for (int sig = 1; sig <= sys::kSigmax; sig++)
    if ((set & sys::sigbit(sig)) != 0 && sigblockedinrun(sig))
      return siglisten();
}

// forget takes these signals from whoever asked for them, and does `then` to each.
void forget(std::uint64_t set, void (*then)(int sig) noexcept) noexcept {
  const lockguard hold(registry.lock);
  for (listener& l : registry.listeners) l.set &= ~set;
  std::erase_if(registry.listeners,
                [](const listener& l) { return l.set == 0; });
  update();
  for (int sig = 1; sig <= sys::kSigmax; sig++)
    if ((set & sys::sigbit(sig)) != 0) then(sig);
}

// setof checks numbers that a user gives; none: all that can be notified.
std::uint64_t setof(std::initializer_list<int> sigs) {
  if (sched.runid.load(acquire) == 0)
    throw std::logic_error("burrow::signals: no run is on");
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
    if ((sys::sigtab(sig).flags & sys::kSigNotify) != 0)
      set |= sys::sigbit(sig);
  return set;
}

}  // namespace

void sigdeliver(int sig) {
  const lockguard hold(registry.lock);
  for (const listener& l : registry.listeners)
    if ((l.set & sys::sigbit(sig)) != 0) l.c.try_send(sig);
}

bool sigregistered() noexcept { return sigwanted.load(acquire) != 0; }

void signotifyreset() noexcept {
  std::vector<listener> dropped;
  const lockguard hold(registry.lock);
  dropped.swap(registry.listeners);
  update();
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
  {
    const lockguard hold(registry.lock);
    auto& all = registry.listeners;
    auto at = std::find_if(all.begin(), all.end(),
                           [&c](const listener& l) { return l.c == c; });
    if (at == all.end())
      all.push_back({c, set});
    else
      at->set |= set;
    update();
  }
  listenifblocked(set);
}

void stop(const chan<int>& c) {
  const lockguard hold(registry.lock);
  std::erase_if(registry.listeners,
                [&c](const listener& l) { return l.c == c; });
  update();
}

void ignore(std::initializer_list<int> sigs) { forget(setof(sigs), sigignore); }

void reset(std::initializer_list<int> sigs) { forget(setof(sigs), sigdisable); }

bool ignored(int sig) {
  sys::sigdisp now;
  return sig >= 1 && sig <= sys::kSigmax && sys::getsig(sig, &now) >= 0 &&
         now.handler == sys::kSigign;
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
