// runtime/netpoll/thread.cc - a thread waits for a descriptor by itself.
//
// It sleeps in the system's poll until the descriptor says that it is ready, or the
// deadline comes, or somebody rings (wakethreads), because the deadline has moved
// or the descriptor is being closed. So it needs no run and no m, nor does it
// matter whether there are any. The system tells it of a state, not of a change:
// whoever takes an event from the netpoller takes nothing from it.
//
// The bell is a descriptor of its own, made for each wait. Where there is none to be
// had the thread looks every 10 ms.
//
// Rejected: to poll in the netpoller like an m. An event for one thread would be
// told to another, which cannot wake the first: that sleeps in the poller, too.

#include "runtime/netpoll/thread.h"

#include "runtime/sched/sched.h"
#include "runtime/sched/timerhooks.h"
#include "sys/io.h"
#include "sys/poller.h"

namespace burrow::rt {

struct waitingthread {
  waitingthread() noexcept : bell(static_cast<int>(sys::wakeopen())) {}
  ~waitingthread() {
    if (bell >= 0) sys::close(bell);
  }
  waitingthread(const waitingthread&) = delete;
  waitingthread& operator=(const waitingthread&) = delete;

  const int bell;  // < 0: none
  waitingthread* next = nullptr;
};

namespace {

// Sleeps until the descriptor is ready (true), or something else has happened.
bool sleep(const polldesc* pd, polldir dir, const waitingthread& me,
           std::int64_t when) noexcept {
  constexpr std::int64_t kDeaf = 10'000'000;
  std::int64_t ns = when != 0 ? when - nanotime() : -1;
  if (when != 0 && ns <= 0) return false;
  if (me.bell < 0 && (ns < 0 || ns > kDeaf)) ns = kDeaf;
  return sys::waitone(pd->fd, dir == polldir::write, me.bell, ns) > 0;
}

}  // namespace

pollresult threadwait(polldesc* pd, polldir dir) noexcept {
  polltimer& s = pd->timerat(dir);
  waitingthread me;
  for (;;) {
    pd->lock.lock();
    const std::int64_t when = pd->at(dir).deadline.load(relaxed);
    const bool late = when != 0 && nanotime() >= when;
    const bool closing = pd->closing;
    const bool ready = pd->readyat(dir).load(relaxed);
    if (!late && !closing && !ready) {
      me.next = s.threads;
      s.threads = &me;
    }
    pd->lock.unlock();
    if (late) return pollresult::deadline;
    if (closing) return pollresult::closed;
    if (ready) return pollresult::ready;
    const bool told = sleep(pd, dir, me, when);
    pd->lock.lock();
    waitingthread** at = &s.threads;
    while (*at != &me) at = &(*at)->next;
    *at = me.next;
    pd->lock.unlock();
    if (told) return pollresult::ready;
  }
}

void wakethreads(const polltimer& s) noexcept {
  for (const waitingthread* t = s.threads; t != nullptr; t = t->next)
    if (t->bell >= 0) sys::wakeone(t->bell);
}

}  // namespace burrow::rt
