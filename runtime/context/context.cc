// runtime/context/context.cc - making contexts.

#include "burrow/context.h"

#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "runtime/context/node.h"
#include "runtime/sched/goby.h"

namespace burrow {
namespace detail {
namespace {

using access = context_access;
using guard = std::lock_guard<spinlock>;

// attach hangs n, whose handle the caller has, on its up; if that is cancelled
// already, n is so at once.
void attach(cancelnode* n) noexcept {
  if (n->up == nullptr || link(n)) return;
  cancelwith(n, ctx_err(n->up), ctx_cause(n->up));
}

// What a deadline's timer runs, in a goroutine; the timer has a reference.
void expire(void* node) {
  auto* n = static_cast<cancelnode*>(node);
  const std::error_code err = errc::deadline_exceeded;
  cancelwith(n, err, n->timeoutcause ? n->timeoutcause : err);
}

void dropexpire(void* node) noexcept {
  dropref(static_cast<cancelnode*>(node));
}

// startdeadline starts n's timer.
//
// Errors  std::logic_error outside a run.
void startdeadline(cancelnode* n) {
  if (n->state.load(std::memory_order_acquire) != ctxstate::live) return;
  const clock_time now = from_now(0);
  if (*n->deadline <= now) return expire(n);
  n->refs.fetch_add(1, std::memory_order_relaxed);  // the timer's
  timer_handle t =
      start_func_timer(to_ns(*n->deadline - now), {expire, dropexpire, n});
  {
    const guard hold(n->lock);
    if (n->state.load(std::memory_order_relaxed) == ctxstate::live) {
      n->deadlinetimer = std::move(t);
      return;
    }
  }
  stop_timer(t.get());  // cancelled meanwhile, perhaps by this very timer
}

ctx_handle newcancel(const context& parent) {
  cancelnode* up = access::canceler(parent);
  auto* n = new cancelnode(up);
  if (up != nullptr) n->deadline = up->deadline;
  ctx_link(n, access::node(parent));
  return ctx_handle(n);
}

template <class Cancel>
std::pair<context, Cancel> result(const ctx_handle& h) {
  return {access::make<context>(h), access::make<Cancel>(h)};
}

template <class Cancel>
std::pair<context, Cancel> withcancel(const context& parent) {
  const ctx_handle h = newcancel(parent);
  attach(h.get()->canceler);
  return result<Cancel>(h);
}

}  // namespace

const valuenode* ctx_lookup(const ctxnode* n, const std::type_info& keytype,
                            const void* key) {
  const valuenode* v = n == nullptr ? nullptr : n->values;
  while (v != nullptr && !(*v->keytype == keytype && v->equal(v->key, key)))
    v = v->parent == nullptr ? nullptr : v->parent->values;
  return v;
}

[[gnu::noinline]] funcnode* ctx_after(cancelnode* n, owned_call f) {
  auto* node = new (std::nothrow)
      funcnode(n, f, rt::createdhere(__builtin_return_address(0)));
  if (node == nullptr) {
    f.drop(f.obj);
    throw std::bad_alloc();
  }
  if (n != nullptr && !link(node)) startfunc(node);
  return node;
}

}  // namespace detail

std::pair<context, cancel_func> with_cancel(const context& parent) {
  return detail::withcancel<cancel_func>(parent);
}

std::pair<context, cancel_cause_func> with_cancel_cause(const context& parent) {
  return detail::withcancel<cancel_cause_func>(parent);
}

std::pair<context, cancel_func> with_deadline(const context& parent,
                                              time_point t) {
  return with_deadline_cause(parent, t, {});
}

std::pair<context, cancel_func> with_deadline_cause(const context& parent,
                                                    time_point t,
                                                    std::error_code cause) {
  if (const auto d = parent.deadline(); d && *d <= t)
    return with_cancel(parent);  // the parent's comes first
  const detail::ctx_handle h = detail::newcancel(parent);
  detail::cancelnode* n = h.get()->canceler;
  n->deadline = t;
  n->timeoutcause = cause;
  detail::attach(n);
  detail::startdeadline(n);
  return detail::result<cancel_func>(h);
}

context without_cancel(const context& parent) {
  auto* n = new detail::ctxnode(detail::ctxkind::shield);
  detail::ctx_link(n, detail::access::node(parent));
  return detail::access::make<context>(detail::ctx_handle(n));
}

}  // namespace burrow
