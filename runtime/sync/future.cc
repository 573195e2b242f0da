// runtime/sync/future.cc - the untyped part of async and future.
#include "burrow/detail/future_state.h"

#include "burrow/error.h"
#include "runtime/sync/wake.h"

namespace burrow::detail {

void future_base::wait_slow() noexcept {
  lock_.lock();
  if (status_.load(std::memory_order_relaxed) != future_status::pending) {
    lock_.unlock();
    return;
  }
  sudog s;
  rt::waiton(lock_, q_, s, rt::waitreason::future);
}

void future_base::finish(future_status how) noexcept {
  lock_.lock();
  status_.store(how, std::memory_order_release);
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
    const bool ended =
        status_.load(std::memory_order_relaxed) != future_status::pending;
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
  switch (status_.load(std::memory_order_relaxed)) {
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
