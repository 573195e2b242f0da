// runtime/context/node.cc - the life of a context: links and references.

#include "runtime/context/node.h"

#include <mutex>
#include <utility>

namespace burrow::detail {

namespace {

using guard = std::lock_guard<spinlock>;

constexpr auto relaxed = std::memory_order_relaxed;

bool islive(const cancelnode* n) noexcept {
  return n->state.load(relaxed) == ctxstate::live;  // under n->lock
}

// unchain takes c off the list of its up, whose lock is held.
void unchain(ctxchild* c) noexcept {
  (c->prev != nullptr ? c->prev->next : c->up->children) = c->next;
  if (c->next != nullptr) c->next->prev = c->prev;
  c->next = c->prev = nullptr;
  c->linked = false;
}

// cancellable says whether n, which has no handle, may still be cancelled.
bool cancellable(cancelnode* n) noexcept {
  {
    const guard hold(n->lock);
    if (n->deadlinetimer.get() != nullptr) return true;
  }
  if (n->up == nullptr) return false;
  const guard hold(n->up->lock);
  // Off the list of an up that is no longer live: its canceller has it in hand.
  return n->linked || !islive(n->up);
}

// hopeless: n hangs on nothing any more, and has no deadline of its own.
bool hopeless(cancelnode* n) noexcept {
  const guard hold(n->lock);
  return islive(n) && n->deadlinetimer.get() == nullptr;
}

// abandon lets go of all that hangs below n, which will never be cancelled.
// What is there has no handles, for each would count as one of n's.
void abandon(cancelnode* n) noexcept {
  ctxchild* stack = nullptr;
  const auto takeall = [&stack](cancelnode* from) {
    while (ctxchild* c = takechild(from)) {
      c->next = stack;
      stack = c;
    }
  };
  takeall(n);
  while (stack != nullptr) {
    ctxchild* c = stack;
    stack = c->next;
    if (!c->isfunc && hopeless(static_cast<cancelnode*>(c)))
      takeall(static_cast<cancelnode*>(c));
    dropref(c);
  }
}

// noticeable: somebody has n's done channel, or something hangs below n.
bool noticeable(const cancelnode* n) noexcept {
  if (n->children != nullptr) return true;
  const hchan* c = chan_access::get(n->done);
  // acquire: what the handles did that are gone is done.
  return c != nullptr &&
         (c->refs.load(std::memory_order_acquire) > 1 || c->is(kRecvWaiting));
}

// retire: n's last handle is gone.
void retire(cancelnode* n) noexcept {
  bool live, keep;
  {
    const guard hold(n->lock);
    live = islive(n);
    keep = live && noticeable(n);
  }
  // If it is not live, its canceller does all this.
  if (live && !(keep && cancellable(n))) {
    if (unlink(n)) dropref(n);
    stopdeadline(n);
    abandon(n);
  }
  dropref(n);
}

}  // namespace

ctxchild::ctxchild(bool func, cancelnode* owner) noexcept
    : isfunc(func), up(owner) {
  if (owner != nullptr) owner->refs.fetch_add(1, relaxed);
}

void dropref(ctxchild* c) noexcept {
  // A loop: freeing a child drops its reference to up. acq_rel: what was done
  // through the other references is done.
  while (c != nullptr && c->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    cancelnode* up = c->up;
    if (c->isfunc)
      delete static_cast<funcnode*>(c);
    else
      delete static_cast<cancelnode*>(c);
    c = up;
  }
}

bool link(ctxchild* c) noexcept {
  cancelnode* up = c->up;
  const guard hold(up->lock);
  if (!islive(up)) return false;
  c->refs.fetch_add(1, relaxed);
  c->linked = true;
  c->next = up->children;
  if (c->next != nullptr) c->next->prev = c;
  up->children = c;
  return true;
}

bool unlink(ctxchild* c) noexcept {
  if (c->up == nullptr) return false;
  const guard hold(c->up->lock);
  if (!c->linked) return false;
  unchain(c);
  return true;
}

ctxchild* takechild(cancelnode* n) noexcept {
  const guard hold(n->lock);
  ctxchild* c = n->children;
  if (c != nullptr) unchain(c);
  return c;
}

void stopdeadline(cancelnode* n) noexcept {
  timer_handle t;
  {
    const guard hold(n->lock);
    t = std::move(n->deadlinetimer);
  }
  if (t.get() != nullptr) stop_timer(t.get());
}

void ctx_retain(ctxnode* n) noexcept { n->handles.fetch_add(1, relaxed); }

void ctx_release(ctxnode* n) noexcept {
  // A loop: a node's end releases its parent. acq_rel as in dropref.
  while (n != nullptr &&
         n->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    ctxnode* parent = n->parent;
    switch (n->kind) {
      case ctxkind::cancel:
        retire(static_cast<cancelnode*>(n));
        break;
      case ctxkind::value:
        static_cast<valuenode*>(n)->destroy(static_cast<valuenode*>(n));
        break;
      case ctxkind::shield:
        delete n;
        break;
    }
    n = parent;
  }
}

void ctx_link(ctxnode* n, ctxnode* parent) noexcept {
  n->parent = parent;
  if (parent != nullptr) ctx_retain(parent);
  if (n->kind == ctxkind::cancel)
    n->canceler = static_cast<cancelnode*>(n);
  else if (n->kind == ctxkind::value && parent != nullptr)
    n->canceler = parent->canceler;
  if (n->kind == ctxkind::value)
    n->values = static_cast<valuenode*>(n);
  else if (parent != nullptr)
    n->values = parent->values;
}

void ctx_retainfunc(funcnode* f) noexcept { f->refs.fetch_add(1, relaxed); }

void ctx_releasefunc(funcnode* f) noexcept { dropref(f); }

}  // namespace burrow::detail
