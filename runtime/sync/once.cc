// runtime/sync/once.cc - the first call of a once, and those that wait for it.
#include "burrow/detail/once.h"

#include "runtime/sync/wake.h"

namespace burrow {

once::~once() { rt::detachall(lock_, q_); }

// begin says whether the caller has to run the function, and then finish; if
// not, it returns when that has been done by another. The object is not touched
// any more after the wait.
bool once::begin() noexcept {
  lock_.lock();
  const std::uint8_t state = state_.load(std::memory_order_relaxed);
  if (state == kRunning) {
    detail::sudog s;
    rt::waiton(lock_, q_, s, rt::waitreason::once);
    return false;
  }
  // relaxed: who reads it without the lock looks for kDone only.
  if (state == kIdle) state_.store(kRunning, std::memory_order_relaxed);
  lock_.unlock();
  return state == kIdle;
}

void once::finish() noexcept {
  lock_.lock();
  state_.store(kDone, std::memory_order_release);
  detail::sudog* all = rt::popall(q_);
  lock_.unlock();
  rt::readyall(all);
}

}  // namespace burrow
