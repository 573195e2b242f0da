// runtime/sync/future.cc - the untyped part of async and future.
#include "burrow/detail/future_state.h"

#include "burrow/error.h"
#include "runtime/sync/wake.h"

namespace burrow::detail {

// announce_waiter makes the end of the goroutine come by lock_, which is held.
// Returns  false: the goroutine has ended.
bool future_base::announce_waiter() noexcept {
  // acquire, as in wait.
  std::int64_t was = word_.load(std::memory_order_acquire);
  do {
    if ((was & kPending) == 0) return false;
  } while (!word_.compare_exchange_weak(was, was | kWaiters,
                                        std::memory_order_acquire));
  return true;
}

void future_base::wait_slow() noexcept {
  while (rt::joinchild(1, rt::waitreason::future)) {
    // acquire, as in wait.
    if ((word_.load(std::memory_order_acquire) & kPending) == 0) return;
  }
  lock_.lock();
  if (!announce_waiter()) {
    lock_.unlock();
    return;
  }
  sudog s;
  rt::waiton(lock_, q_, s, rt::waitreason::future);
}

void future_base::finish(future_status how) noexcept {
  const std::int64_t ended =
      static_cast<std::int64_t>(how) * kStatus - kPending;
  std::int64_t was = word_.load(std::memory_order_relaxed);
  while ((was & kWaiters) == 0) {
    // release: what is announced; acquire: what was done through the other
    // reference, should this be the last.
    if (!word_.compare_exchange_weak(was, was + ended - kRef,
                                     std::memory_order_acq_rel,
                                     std::memory_order_relaxed))
      continue;
    if (was < 2 * kRef) destroy_(this);
    return;
  }
  lock_.lock();
  word_.fetch_add(ended, std::memory_order_release);
  sudog* all = rt::popall(q_);
  const chan<unit> done = done_;
  lock_.unlock();
  rt::readyall(all);
  if (done) done.close();
  unref();
}

recv_chan<unit> future_base::done() {
  chan<unit> fresh;
  bool closed = false;
  for (;;) {
    lock_.lock();
    const bool ended = !announce_waiter();
    // finish closes only what it finds: later, it has to be closed before it
    // is shown to anybody.
    if (!done_ && fresh && closed == ended) done_ = fresh;
    const chan<unit> c = done_;
    lock_.unlock();
    if (c) return c;
    if (!fresh) fresh = make_chan<unit>();  // allocates: not under the lock
    if (ended) {
      fresh.close();
      closed = true;
    }
  }
}

void future_base::check() const {
  switch (status()) {
    case future_status::error:
      std::rethrow_exception(error_);
    case future_status::exited:
      throw panic_error("future: the goroutine has ended by goexit");
    case future_status::pending:
    case future_status::value:
      break;
  }
}

}  // namespace burrow::detail
