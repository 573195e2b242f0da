// burrow/select.h - waiting for several channels at once.
//
//   select(recv(in, [&](std::optional<int> v) { total += v.value_or(0); }),
//          send(out, total),
//          recv(after(1s), [] { puts("timeout"); }));
//
// select blocks until one of its cases can go on, takes that case's step, then
// runs its handler, and returns the case's index in argument order. Among
// several that can go on the choice is uniform and pseudo-random. Nil channels
// never can. With an otherwise() case select never waits. The handler runs on
// the calling goroutine with nothing locked: it may block, and what it throws
// is passed on.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/case_ops.h"
#include "burrow/detail/select_inl.h"

namespace burrow {

// recv makes a case that receives from c, a chan or recv_chan. The handler
// takes a std::optional of the value (nullopt: closed and drained), or nothing;
// or the result is stored in `out`.
//
// A channel given as an lvalue is not counted: it has to live while select
// runs. A temporary one (recv(ctx.done())) is kept by the case.
template <detail::receivable C>
auto recv(C&& c) {
  return detail::makerecv(std::forward<C>(c), detail::discard{});
}
template <detail::receivable C, detail::recv_handler<C> H>
auto recv(C&& c, H&& handler) {
  return detail::makerecv<C, H>(std::forward<C>(c), std::forward<H>(handler));
}
template <detail::receivable C>
auto recv(C&& c, std::optional<detail::elem_t<C>>& out) {
  return detail::makerecv(std::forward<C>(c),
                          detail::storein<detail::elem_t<C>>{&out});
}

// send makes a case that sends a value to c, a chan or send_chan. A copyable
// lvalue is copied now. A move-only lvalue and an rvalue are moved from if the
// case runs, else left as they are: the case refers to them until select
// returns, so one that refers to a temporary has to be made in the call of
// select itself.
//
// Errors  select throws panic_error "send on closed channel" if that is the
//         case it chose.
template <detail::sendable C, detail::sendable_value<C> V>
auto send(C&& c, V&& value) {
  return detail::makesend(std::forward<C>(c), std::forward<V>(value),
                          detail::discard{});
}
template <detail::sendable C, detail::sendable_value<C> V, std::invocable<> H>
auto send(C&& c, V&& value, H&& handler) {
  return detail::makesend<C, V, H>(std::forward<C>(c), std::forward<V>(value),
                                   std::forward<H>(handler));
}

// otherwise makes the case that runs when no other can. One at most.
inline auto otherwise() { return detail::makedefault(detail::discard{}); }
template <std::invocable<> H>
auto otherwise(H&& handler) {
  return detail::makedefault<H>(std::forward<H>(handler));
}

// select runs one of the cases; see above. Takes no memory.
template <detail::select_arg... Cases>
std::size_t select(Cases&&... cases) {
  static_assert((std::size_t{detail::is_default<Cases>} + ...) <= 1,
                "select: more than one otherwise()");
  static_assert(!(detail::refers_to_temporary<Cases> || ...),
                "select: send(c, rvalue) has to be made in the call of select");
  return detail::doselect(cases...);
}

// select with no case blocks for ever.
[[noreturn]] std::size_t select();

// select_case is a case of any kind, for a number of cases that is known at run
// time only. It owns what it needs: the channel's handle, the value to be sent,
// the handler. It can be selected again; a send has given its value away once
// it has run. Moved from, it is a case that never can go on.
class select_case {
 public:
  // From what recv, send and otherwise return.
  template <detail::select_temporary Case>
  select_case(Case&& c) {
    using owned = decltype(std::move(c).own());
    if constexpr (detail::erased_inline<owned>) {
      obj_ = ::new (static_cast<void*>(mem_)) owned(std::move(c).own());
    } else {
      obj_ = new owned(std::move(c).own());
    }
    ops_ = &detail::caseops_of<owned>;
  }

  select_case(select_case&& o) noexcept { steal(o); }
  select_case& operator=(select_case&& o) noexcept {
    if (this != &o) {
      reset();
      steal(o);
    }
    return *this;
  }
  ~select_case() { reset(); }

 private:
  friend struct detail::case_access;

  void reset() noexcept {
    if (ops_ != nullptr) ops_->destroy(obj_);
    ops_ = nullptr;
  }

  void steal(select_case& o) noexcept {
    ops_ = std::exchange(o.ops_, nullptr);
    if (ops_ != nullptr) obj_ = ops_->relocate(mem_, o.obj_);
  }

  const detail::caseops* ops_ = nullptr;  // null: moved from
  void* obj_ = nullptr;                   // in mem_, or allocated
  alignas(detail::kInlineAlign) std::byte mem_[detail::kInlineSize];
};

// select runs one of the cases and returns its index.
//
// Errors  std::logic_error: more than one otherwise(); else as above.
std::size_t select(std::span<select_case> cases);

}  // namespace burrow
