// burrow/context.h - cancellation, deadlines and values for a tree of calls.
//
//   auto [ctx, cancel] = burrow::with_timeout(burrow::background(), 5s);
//   burrow::defer d{cancel};
//   burrow::select(burrow::recv(answers, use),
//                  burrow::recv(ctx.done(), [&] { report(ctx.err()); }));
//
// Contexts form a tree: cancelling one cancels all that were derived from it,
// and nothing else. A context is a handle; copies name the same one, and the
// default-constructed one is the background. Everything here may be called by
// any goroutine or thread, also outside a run, where not said otherwise.
//
// No goroutine waits behind a context. One that is dropped without having been
// cancelled goes away, unless somebody still has its done() channel or a
// function is registered with after_func: then it stays until its parent is
// cancelled or its deadline has passed.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/context_inl.h"
#include "burrow/error.h"
#include "burrow/time.h"

namespace burrow {

// context carries a deadline, a signal to stop and values down a tree of calls.
class context {
 public:
  // The background: never cancelled, no deadline, no values.
  context() noexcept = default;

  // done is closed when this context is cancelled. Nil if it can never be.
  recv_chan<unit> done() const {
    return canceler() == nullptr ? recv_chan<unit>{}
                                 : detail::ctx_done(canceler());
  }

  // err says why done() is closed: errc::canceled or errc::deadline_exceeded;
  // an error_code of value 0 while it is open.
  std::error_code err() const noexcept {
    return canceler() == nullptr ? std::error_code{}
                                 : detail::ctx_err(canceler());
  }

  // cause is what the cancel function was called with, of this context or of
  // the one above that was cancelled first; err() if that was nothing.
  std::error_code cause() const noexcept {
    return canceler() == nullptr ? std::error_code{}
                                 : detail::ctx_cause(canceler());
  }

  // deadline is when this context will be cancelled at the latest; nullopt:
  // none.
  std::optional<time_point> deadline() const noexcept {
    return canceler() == nullptr ? std::optional<time_point>{}
                                 : detail::ctx_deadline(canceler());
  }

  // value returns the nearest value that with_value attached to this key: one
  // of the same type that compares equal. Text is compared as text: "k", a
  // std::string_view and a std::string are the same key.
  //
  // Returns  nullopt if there is none, or if it is of another type than T.
  template <class T, class K>
  std::optional<T> value(const K& key) const {
    using key_type = detail::ctx_key<K>;
    if constexpr (std::is_same_v<key_type, K>) {
      return detail::ctx_get<T>(h_.get(), key);
    } else {
      const key_type k(key);
      return detail::ctx_get<T>(h_.get(), k);
    }
  }

  // Two are equal if they name the same context, or are both the background.
  friend bool operator==(const context& a, const context& b) noexcept {
    return a.h_.get() == b.h_.get();
  }

 private:
  friend struct detail::context_access;

  explicit context(detail::ctx_handle h) noexcept : h_(std::move(h)) {}

  detail::cancelnode* canceler() const noexcept {
    return h_.get() == nullptr ? nullptr : h_.get()->canceler;
  }

  detail::ctx_handle h_;
};

// cancel_func cancels a context with errc::canceled; only the first call has an
// effect. When it has returned, everything below is cancelled, too. Copyable.
// Dropping it does not cancel.
class cancel_func : public detail::canceler {
 public:
  cancel_func() noexcept = default;

  // Errors  panic_error if it is default-constructed or moved from.
  void operator()() const { cancel({}); }

 private:
  friend struct detail::context_access;
  using detail::canceler::canceler;
};

// cancel_cause_func is a cancel_func that can say why.
class cancel_cause_func : public detail::canceler {
 public:
  cancel_cause_func() noexcept = default;

  // An error_code of value 0: the cause is errc::canceled.
  //
  // Errors  panic_error if it is default-constructed or moved from.
  void operator()(std::error_code cause = {}) const { cancel(cause); }

 private:
  friend struct detail::context_access;
  using detail::canceler::canceler;
};

namespace detail {

struct context_access {
  template <class T>  // context, cancel_func, cancel_cause_func
  static T make(ctx_handle h) noexcept {
    return T(std::move(h));
  }
  static ctxnode* node(const context& c) noexcept { return c.h_.get(); }
  static cancelnode* canceler(const context& c) noexcept {
    return c.canceler();
  }
};

}  // namespace detail

// background is the root of all contexts.
inline context background() noexcept { return {}; }

// todo is the background, for a place where the right context is not yet clear.
inline context todo() noexcept { return {}; }

// with_cancel returns a context that ends when cancel is called or parent ends.
std::pair<context, cancel_func> with_cancel(const context& parent);

// with_cancel_cause is the same with a cancel function that takes the cause.
std::pair<context, cancel_cause_func> with_cancel_cause(const context& parent);

// with_deadline returns a context that also ends at t, or with its parent's
// deadline if that is earlier; err() is then errc::deadline_exceeded.
//
// Errors  std::logic_error outside a run, if t has not passed.
std::pair<context, cancel_func> with_deadline(const context& parent,
                                              time_point t);

// with_deadline_cause is the same; cause() is then the given one. The cancel
// function does not set it.
std::pair<context, cancel_func> with_deadline_cause(const context& parent,
                                                    time_point t,
                                                    std::error_code cause);

// with_timeout is with_deadline for d from now.
template <class Rep, class Period>
std::pair<context, cancel_func> with_timeout(
    const context& parent, std::chrono::duration<Rep, Period> d) {
  return with_deadline(parent, detail::from_now(detail::to_ns(d)));
}

// with_timeout_cause is with_deadline_cause for d from now.
template <class Rep, class Period>
std::pair<context, cancel_func> with_timeout_cause(
    const context& parent, std::chrono::duration<Rep, Period> d,
    std::error_code cause) {
  return with_deadline_cause(parent, detail::from_now(detail::to_ns(d)), cause);
}

// without_cancel returns a context with parent's values that does not end with
// it and has no deadline.
context without_cancel(const context& parent);

// with_value returns a context in which key has this value. See context::value.
template <class K, class V>
context with_value(const context& parent, K&& key, V&& value) {
  using key_type = detail::ctx_key<K>;
  using value_type = std::decay_t<V>;
  static_assert(std::equality_comparable<key_type>,
                "a context key is compared with ==");
  static_assert(std::copy_constructible<key_type>, "a context key is copyable");
  auto* n = new detail::typedvaluenode<key_type, value_type>(
      std::forward<K>(key), std::forward<V>(value));
  detail::ctx_link(n, detail::context_access::node(parent));
  return detail::context_access::make<context>(detail::ctx_handle(n));
}

// after_func_stop undoes an after_func. Copyable; dropping it does not stop.
class after_func_stop {
 public:
  after_func_stop() noexcept = default;
  explicit after_func_stop(detail::ctx_func_handle h) noexcept
      : h_(std::move(h)) {}

  // Returns  true if it prevented the call; false if that was started or
  //          prevented before.
  bool operator()() const noexcept {
    return h_.get() != nullptr && detail::ctx_stopfunc(h_.get());
  }

 private:
  detail::ctx_func_handle h_;
};

// after_func calls f() in a goroutine of its own once ctx is cancelled; at
// once, if it is already. Cancelled outside a run, f is not called.
template <class F>
[[gnu::always_inline]] inline after_func_stop after_func(const context& ctx,
                                                         F f) {
  return after_func_stop(detail::ctx_func_handle(
      detail::ctx_after(detail::context_access::canceler(ctx),
                        detail::make_owned_call(std::move(f)))));
}

}  // namespace burrow
