// runtime/context/cancel.cc - cancelling a tree, and asking whether it was.

#include <mutex>
#include <stdexcept>
#include <utility>

#include "burrow/go.h"
#include "runtime/context/node.h"
#include "runtime/sched/goby.h"
#include "runtime/sched/park.h"

namespace burrow::detail {

namespace {

using guard = std::lock_guard<spinlock>;

constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

// closeddone is what done() returns when it is first asked for too late.
const chan<unit>& closeddone() {
  // Never destroyed: contexts may be used by static destructors.
  static const chan<unit>& c = *[] {
    auto* made = new chan<unit>(make_chan<unit>());
    made->close();
    return made;
  }();
  return c;
}

// await waits for n's canceller, at most for the length of its walk.
void await(const cancelnode* n, ctxstate wanted) noexcept {
  while (n->state.load(acquire) < wanted) rt::goyield();
}

// enter takes n from live to closed; false: somebody else has taken it.
bool enter(cancelnode* n, std::error_code err, std::error_code cause) noexcept {
  {
    const guard hold(n->lock);
    if (n->state.load(std::memory_order_relaxed) != ctxstate::live)
      return false;
    n->err = err;
    n->cause = cause;
    n->state.store(ctxstate::entered, release);
  }
  if (n->done) n->done.close();  // constant now: made while live, or never
  n->state.store(ctxstate::closed, release);
  return true;
}

}  // namespace

void startfunc(funcnode* f) noexcept {
  // acq_rel: one of starting and stopping is first.
  if (!f->armed.exchange(false, std::memory_order_acq_rel)) return;
  ctx_retainfunc(f);
  try {
    rt::goby(f->by, [h = ctx_func_handle(f)] {
      h.get()->call.call(h.get()->call.obj);
    });
  } catch (const std::logic_error&) {
    // No run is on, so there is no goroutine to call it.
  }
}

// cancelwith walks the tree depth first. Its stack is made of the nodes: from
// the one it is at up to n, linked by next, which is free since they were taken
// off their ups (n's own is not touched). A node that somebody else is
// cancelling is waited for; waits lead downwards only, so they end. n stays
// linked until all below it is finished, so that a canceller of its parent finds
// it and waits.
void cancelwith(cancelnode* n, std::error_code err,
                std::error_code cause) noexcept {
  if (!enter(n, err, cause)) return await(n, ctxstate::finished);
  for (cancelnode* top = n;;) {
    ctxchild* c = takechild(top);
    if (c == nullptr) {  // all below top is finished
      stopdeadline(top);
      if (top == n && unlink(n)) dropref(n);  // the caller keeps n
      top->state.store(ctxstate::finished, release);
      if (top == n) return;
      c = top;
      top = static_cast<cancelnode*>(std::exchange(c->next, nullptr));
      dropref(c);
    } else if (c->isfunc) {
      startfunc(static_cast<funcnode*>(c));
      dropref(c);
    } else if (auto* child = static_cast<cancelnode*>(c);
               enter(child, err, cause)) {
      child->next = top;
      top = child;
    } else {
      await(child, ctxstate::finished);
      dropref(child);
    }
  }
}

void ctx_cancel(cancelnode* n, std::error_code cause) noexcept {
  const std::error_code err = errc::canceled;
  cancelwith(n, err, cause ? cause : err);
}

recv_chan<unit> ctx_done(cancelnode* n) {
  if (n->hasdone.load(acquire)) return n->done;
  chan<unit> fresh = make_chan<unit>();
  {
    const guard hold(n->lock);
    if (n->done) return n->done;
    if (n->state.load(std::memory_order_relaxed) == ctxstate::live) {
      n->done = std::move(fresh);
      n->hasdone.store(true, release);
      return n->done;
    }
  }
  return closeddone();  // nobody would close one that is made now
}

std::error_code ctx_err(const cancelnode* n) noexcept {
  if (n->state.load(acquire) == ctxstate::live) return {};
  await(n, ctxstate::closed);  // an error is never seen before done() is closed
  return n->err;
}

std::error_code ctx_cause(const cancelnode* n) noexcept {
  if (n->state.load(acquire) == ctxstate::live) return {};
  await(n, ctxstate::closed);
  return n->cause;
}

std::optional<clock_time> ctx_deadline(const cancelnode* n) noexcept {
  return n->deadline;
}

bool ctx_stopfunc(funcnode* f) noexcept {
  if (!f->armed.exchange(false, std::memory_order_acq_rel)) return false;
  if (unlink(f)) dropref(f);  // the caller has another one
  return true;
}

}  // namespace burrow::detail
