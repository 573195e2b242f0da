// runtime/sync/error_group.cc - error groups.
//
// The state is shared by the handle and every goroutine, and counted, so that a
// group may be dropped while its goroutines run. All but refs is under lock.
#include "burrow/detail/error_group.h"

#include <atomic>
#include <string>

#include "burrow/context.h"
#include "burrow/error.h"
#include "runtime/sync/wake.h"

namespace burrow {

namespace detail {

struct error_group_state {
  std::atomic<std::uint32_t> refs{1};
  spinlock lock;
  // Under lock.
  std::int64_t active = 0;  // goroutines, and go() calls that have their place
  std::int64_t limit = -1;  // negative: none
  waitq entering;           // go() calls that wait for a place
  waitq waiting;            // wait() calls
  std::exception_ptr error;
  std::function<void(std::error_code)> cancel;  // immutable; may be empty

  bool full() const noexcept { return limit >= 0 && active >= limit; }
};

namespace {

std::error_code causeof(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::system_error& e) {
    return e.code();
  } catch (...) {
    return errc::canceled;
  }
}

}  // namespace

error_group_ref::error_group_ref() : s_(new error_group_state) {}

error_group_ref::error_group_ref(const error_group_ref& o) noexcept : s_(o.s_) {
  // relaxed: whoever copies a reference has one.
  if (s_ != nullptr) s_->refs.fetch_add(1, std::memory_order_relaxed);
}

error_group_ref::~error_group_ref() {
  // acq_rel: the last one sees all that was done through the others.
  if (s_ != nullptr && s_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete s_;
  }
}

void error_group_slot::fail(std::exception_ptr error) const {
  ref_->lock.lock();
  const bool first = !ref_->error;
  if (first) ref_->error = error;
  ref_->lock.unlock();
  if (first && ref_->cancel) ref_->cancel(causeof(error));
}

void error_group_slot::leave() noexcept {
  sudog* ready;
  ref_->lock.lock();
  if (ref_->full() && !ref_->entering.empty()) {
    ready = ref_->entering.pop();  // it has our place: active stays
  } else {
    ready = --ref_->active == 0 ? rt::popall(ref_->waiting) : nullptr;
  }
  ref_->lock.unlock();
  rt::readyall(ready);
}

}  // namespace detail

std::pair<error_group, context> error_group::with_context(
    const context& parent) {
  auto [ctx, cancel] = with_cancel_cause(parent);
  error_group group;
  group.ref_->cancel = std::move(cancel);
  return {std::move(group), std::move(ctx)};
}

void error_group::enter() {
  ref_->lock.lock();
  if (!ref_->full()) {
    ++ref_->active;
    ref_->lock.unlock();
    return;
  }
  detail::sudog s;
  rt::waiton(ref_->lock, ref_->entering, s, rt::waitreason::semaphore);
}

bool error_group::try_enter() {
  ref_->lock.lock();
  const bool room = !ref_->full();
  if (room) ++ref_->active;
  ref_->lock.unlock();
  return room;
}

void error_group::wait() {
  const detail::error_group_ref keep(ref_);  // the handle may be moved
  keep->lock.lock();
  if (keep->active == 0) {
    keep->lock.unlock();
  } else {
    detail::sudog s;
    rt::waiton(keep->lock, keep->waiting, s, rt::waitreason::error_group);
  }
  keep->lock.lock();
  const std::exception_ptr error = keep->error;
  keep->lock.unlock();
  if (keep->cancel) keep->cancel(errc::canceled);
  if (error) std::rethrow_exception(error);
}

void error_group::set_limit(int n) {
  ref_->lock.lock();
  const std::int64_t active = ref_->active;
  if (active == 0) ref_->limit = n;
  ref_->lock.unlock();
  if (active == 0) return;
  throw panic_error("errgroup: modify limit while " + std::to_string(active) +
                    " goroutines in the group are still active");
}

}  // namespace burrow
