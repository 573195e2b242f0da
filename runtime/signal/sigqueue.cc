// runtime/signal/sigqueue.cc - from handlers to channels.
//
// A handler sets the signal's bit in `pending` and wakes the signal thread, which
// takes all bits and sends each signal to the channels of those who asked
// (notify.cc). Signals of one kind that come before their bit is taken are one:
// so it is with the kernel's own pending signals, and in Go.
//
//   handler   pending |= bit (release)   wakeups += 1   futex wake
//   thread    w = wakeups   take pending (acquire)   sleep while wakeups == w
//
// The thread is burrow's, but no m: it needs no p, and so delivers beside
// goroutines that compute for ever. It exists from the first notify on. It takes
// the wanted signals itself as well, for all other threads may block them.
//
// Rejected: a goroutine that drains, as Go has. It needs a p, which a program in
// trouble has none of, and a thread to sleep on anyway.

#include <bit>

#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

std::atomic<std::uint64_t> sigwanted{0};

namespace {

std::atomic<std::uint64_t> pending{0};
std::atomic<std::uint32_t> wakeups{0};
// What the thread takes itself, of the wanted ones; at first not yet anything.
std::atomic<std::uint64_t> listening{~std::uint64_t{0}};
std::atomic<bool> started{false};

void wakethread() noexcept {
  wakeups.fetch_add(1, release);
  sys::futexwakeup(&wakeups, 1);
}

void listen() noexcept {
  const std::uint64_t want = sigwanted.load(acquire);
  if (want == listening.load(relaxed)) return;
  sigfaultsonly(want);
  listening.store(want, release);
}

void sigthread(void*) {
  for (;;) {
    const std::uint32_t w = wakeups.load(acquire);
    listen();
    std::uint64_t bits = pending.exchange(0, acquire);
    for (; bits != 0; bits &= bits - 1) sigdeliver(std::countr_zero(bits) + 1);
    sys::futexsleep(&wakeups, w, -1);
  }
}

}  // namespace

void sigsend(int sig) noexcept {
  const std::uint64_t bit = sys::sigbit(sig);
  // Set already: whoever set it wakes the thread, which has not come by yet.
  if ((pending.fetch_or(bit, acq_rel) & bit) == 0) wakethread();
}

bool sigthreadstarted() noexcept { return started.load(acquire); }

std::int64_t startsigthread() noexcept {
  if (started.load(relaxed)) return 0;
  started.store(true, release);  // counted before it is there (checkdead)
  const std::int64_t err =
      newthreadblocked(sigthread, nullptr, std::size_t{128} << 10);
  if (err < 0) started.store(false, release);
  return err;
}

void siglisten() noexcept {
  wakethread();
  while (listening.load(acquire) != sigwanted.load(relaxed)) sys::usleep(20);
}

}  // namespace burrow::rt
