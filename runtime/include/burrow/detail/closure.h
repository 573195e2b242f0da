// burrow/detail/closure.h - how a goroutine's function gets into the runtime.
//
// The function and its arguments are one closure. Up to 64 bytes it lives in
// the goroutine's own structure, else on the heap. The runtime knows it as an
// address and an invoker, which runs it and destroys it.
//
// The templates between the user's call and the runtime are always inlined, so
// that the runtime's return address lies in the user's function: dumps say by
// it where a goroutine was created.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "burrow/detail/safepoints.h"

namespace burrow {

struct options;
struct go_options;

namespace rt {
struct g;
struct m;
}  // namespace rt

namespace detail {

inline constexpr std::size_t kInlineClosure = 64;
inline constexpr std::size_t kClosureAlign = 16;

using invoker = void (*)(void* closure);

// run_main is run() without its template part.
void run_main(invoker call, void* arg, const options& o);

// go_begin makes a goroutine with room for a closure that fits inline, whose
// construction neither throws nor calls anything; go_commit must follow at once. It
// is one stay in the runtime from the one to the other, but where m is null.
struct begun {
  void* room;
  rt::m* m;
};
begun go_begin();
void go_commit(begun b, invoker call) noexcept;

// go_prepare makes a goroutine with room for a closure that fits inline; go_start or
// go_drop must follow, and anything may come between.
rt::g* go_prepare(const go_options* o);
void* go_room(rt::g* gp) noexcept;
void go_start(rt::g* gp, invoker call, void* closure) noexcept;
void go_drop(rt::g* gp) noexcept;

template <typename F, typename... A>
struct closure {
  F f;
  std::tuple<A...> args;

  void call() {
    std::apply([this](A&... a) { std::invoke(std::move(f), std::move(a)...); },
               args);
  }

  // The invokers. Destroying goes by scope: it happens also while goexit
  // unwinds, and puts no handler in the way of other exceptions.
  static void call_inline(void* p) {
    struct guard {
      closure* c;
      ~guard() { c->~closure(); }
    } g{static_cast<closure*>(p)};
    g.c->call();
  }
  static void call_heap(void* p) {
    const std::unique_ptr<closure> c(static_cast<closure*>(p));
    c->call();
  }
};

struct dropper {
  rt::g* gp;
  ~dropper() {
    if (gp != nullptr) go_drop(gp);
  }
};

template <typename F, typename... A>
[[gnu::always_inline]] inline void start_goroutine(const go_options* o, F&& f,
                                                   A&&... args) {
  using C = closure<std::decay_t<F>, std::decay_t<A>...>;
  constexpr bool fits =
      sizeof(C) <= kInlineClosure && alignof(C) <= kClosureAlign;
  if constexpr (fits && std::is_trivially_copyable_v<std::decay_t<F>> &&
                (std::is_trivially_copyable_v<std::decay_t<A>> && ...)) {
    if (o == nullptr) {
      const begun b = go_begin();
      ::new (b.room) C{std::forward<F>(f), {std::forward<A>(args)...}};
      return go_commit(b, &C::call_inline);
    }
  }
  dropper d{go_prepare(o)};
  if constexpr (fits) {
    void* at = go_room(d.gp);
    ::new (at) C{std::forward<F>(f), {std::forward<A>(args)...}};
    go_start(std::exchange(d.gp, nullptr), &C::call_inline, at);
  } else {
    auto* at = new C{std::forward<F>(f), {std::forward<A>(args)...}};
    go_start(std::exchange(d.gp, nullptr), &C::call_heap, at);
  }
}

}  // namespace detail
}  // namespace burrow
