// runtime/signal/sigqueue.cc - from handlers to channels.
//
// A handler sets the signal's bit in `pending` and wakes the signal thread, which
// takes all bits and sends each signal to the channels of those who asked
// (notify.cc). Signals of one kind that come before their bit is taken are one:
// so it is with the kernel's own pending signals, and in Go.
//
//   handler   sending + 1   wanted? pending |= bit (acq_rel)   sending - 1
//             wakeups + 1   futex wake
//   thread    w = wakeups   mask   take pending (acquire)   heard = w
//             sleep while wakeups == w
//   stop      sigwanted loses the bit   wait for sending == 0   take pending
//
// [SIG] The handler's count and look at sigwanted, and stop's store and look at
// the count, are sequentially consistent: either the handler finds the signal
// unwanted, or stop waits for it and finds its bit.
//
// The thread is burrow's, but no m: it needs no p, and so delivers beside
// goroutines that compute for ever. It exists from the first notify on. It takes
// the wanted signals itself as well, for all other threads may block them.
//
// Rejected: a goroutine that drains, as Go has. It needs a p, which a program in
// trouble has none of, and a thread to sleep on anyway.

#include "runtime/signal/signal.h"
#include "sys/os.h"

namespace burrow::rt {

std::atomic<std::uint64_t> sigwanted{0};

namespace {

std::atomic<std::uint64_t> pending{0};
std::atomic<std::uint32_t> sending{0};  // handlers between look and bit
std::atomic<std::uint32_t> wakeups{0};
std::atomic<std::uint32_t> heard{
    0};  // the wake-up that the thread is done with

rtmutex starting;
std::atomic<bool> started{false};  // written under `starting`

std::uint32_t wakethread() noexcept {
  // release: what the thread shall see, sigwanted for one.
  const std::uint32_t n = wakeups.fetch_add(1, release) + 1;
  sys::futexwakeup(&wakeups, 1);
  return n;
}

// Sets the thread's mask by what is wanted, if that has changed.
void listen() noexcept {
  static std::uint64_t listening = ~std::uint64_t{0};  // not yet to anything
  const std::uint64_t want = sigwanted.load(acquire);
  if (want == listening) return;
  sigfaultsonly(want);
  listening = want;
}

void sigthread(void*) {
  for (;;) {
    const std::uint32_t w = wakeups.load(acquire);
    listen();
    sigdeliver();
    heard.store(w, release);
    sys::futexsleep(&wakeups, w, -1);
  }
}

}  // namespace

bool sigsend(int sig) noexcept {
  const std::uint64_t bit = sys::sigbit(sig);
  sending.fetch_add(1, seq_cst);  // [SIG] pairs with settle (notify.cc)
  const bool want = (sigwanted.load(seq_cst) & bit) != 0;
  const bool fresh = want && (pending.fetch_or(bit, acq_rel) & bit) == 0;
  sending.fetch_sub(1, release);
  // Set already: whoever set it wakes the thread, which has not come by yet.
  if (fresh) wakethread();
  return want;
}

void sigquiet() noexcept {
  while (sending.load(seq_cst) != 0) sys::osyield();
}

std::uint64_t sigtake() noexcept {
  if (pending.load(relaxed) == 0) return 0;
  return pending.exchange(0, acquire);
}

bool sigthreadstarted() noexcept { return started.load(acquire); }

std::int64_t startsigthread() noexcept {
  const lockguard hold(starting);  // a second one waits to learn how it went
  if (started.load(relaxed)) return 0;
  started.store(true, release);  // counted before it is there (checkdead)
  const std::int64_t err =
      newthreadblocked(sigthread, nullptr, std::size_t{128} << 10);
  if (err < 0) started.store(false, release);
  return err;
}

void siglisten(std::uint64_t changed) noexcept {
  if (!sigblockedinrun(changed) || !sigthreadstarted()) return;
  const std::uint32_t n = wakethread();
  // The numbers wrap.
  while (static_cast<std::int32_t>(heard.load(acquire) - n) < 0)
    sys::usleep(20);
}

}  // namespace burrow::rt
