// burrow/detail/select_inl.h - the cases of a select, and its typed part.
//
// A case has fill(), which says to the library what is to be tried, and
// finish(), which hands the result to the handler. selectgo is given an array
// of them and all the memory that it needs, both on the caller's stack. One
// channel case, with or without otherwise(), is an ordinary operation on that
// channel.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "burrow/chan.h"
#include "burrow/detail/chan_inl.h"
#include "burrow/detail/hchan.h"

namespace burrow {

namespace detail {

// scase is what selectgo knows of a case.
struct scase {
  hchan* c = nullptr;    // null: never ready
  void* elem = nullptr;  // the value to send, or the storage to receive into
  bool send = false;
};

// selmem is selectgo's scratch memory for n cases, uninitialised.
struct selmem {
  sudog* sudogs;
  std::uint32_t* order;
};

inline constexpr std::size_t kNoCase = static_cast<std::size_t>(-1);

struct selresult {
  std::size_t index;  // kNoCase: none was ready, and block was false
  bool success;       // false: that channel is closed
};

// selectgo does what one of the n cases wants.
//
// Context  g or foreign thread; any if !block. May park if block; for good if
//          no case has a channel.
selresult selectgo(const scase* cases, std::size_t n, bool block,
                   selmem mem) noexcept;

// What a handler may be.

struct discard {
  void operator()() const noexcept {}
};

template <class T>
struct storein {
  std::optional<T>* out;
  void operator()(std::optional<T>&& v) const noexcept {
    out->reset();  // T need not be assignable
    if (v) out->emplace(std::move(*v));
  }
};

template <class T, class H>
void callhandler(H& h, std::optional<T>&& v) {
  if constexpr (std::invocable<H&, std::optional<T>>) {
    static_cast<void>(h(std::move(v)));
  } else {
    static_cast<void>(h());
  }
}

// What a channel argument may be.

template <class C>
struct chan_traits {
  static constexpr bool canrecv = false, cansend = false;
};
template <class T>
struct chan_traits<chan<T>> {
  using elem = T;
  static constexpr bool canrecv = true, cansend = true;
};
template <class T>
struct chan_traits<recv_chan<T>> {
  using elem = T;
  static constexpr bool canrecv = true, cansend = false;
};
template <class T>
struct chan_traits<send_chan<T>> {
  using elem = T;
  static constexpr bool canrecv = false, cansend = true;
};

template <class C>
using elem_t = typename chan_traits<std::remove_cvref_t<C>>::elem;
template <class C>
concept receivable = chan_traits<std::remove_cvref_t<C>>::canrecv;
template <class C>
concept sendable = chan_traits<std::remove_cvref_t<C>>::cansend;
template <class H, class C>
concept recv_handler = std::is_invocable_v<H&, std::optional<elem_t<C>>> ||
                       std::is_invocable_v<H&>;
template <class V, class C>
concept sendable_value = std::is_convertible_v<V, elem_t<C>> ||
                         std::is_same_v<std::remove_reference_t<V>, elem_t<C>>;

// heldchan is the channel of a case: kept (a handle) or the caller's (a
// pointer).
template <class Handle>
class heldchan {
 public:
  explicit heldchan(const Handle& c) noexcept : c_(c) {}
  explicit heldchan(Handle&& c) noexcept : c_(std::move(c)) {}
  hchan* get() const noexcept { return chan_access::get(c_); }
  Handle own() && noexcept { return std::move(c_); }

 private:
  Handle c_;
};
template <class Handle>
class heldchan<Handle&> {
 public:
  explicit heldchan(const Handle& c) noexcept : c_(&c) {}
  hchan* get() const noexcept { return chan_access::get(*c_); }
  Handle own() && noexcept { return *c_; }

 private:
  const Handle* c_;
};
// C is a deduced forwarding parameter: const Handle&, Handle& or Handle.
template <class C>
using heldchan_for = heldchan<
    std::conditional_t<std::is_lvalue_reference_v<C>, std::remove_cvref_t<C>&,
                       std::remove_cvref_t<C>>>;

// heldvalue is the value of a send case: T kept, T& a move-only lvalue of the
// caller's, T&& an rvalue of the caller's.
template <class T>
class heldvalue {
 public:
  template <class V>
  explicit heldvalue(V&& v) : v_(std::forward<V>(v)) {}
  T& get() noexcept { return v_; }
  T own() && noexcept { return std::move(v_); }

 private:
  T v_;
};
template <class T>
  requires std::is_reference_v<T>
class heldvalue<T> {
 public:
  using value = std::remove_reference_t<T>;
  explicit heldvalue(T v) noexcept : v_(std::addressof(v)) {}
  value& get() noexcept { return *v_; }
  value own() && noexcept { return std::move(*v_); }

 private:
  value* v_;
};

template <class T, class V>
consteval auto howheld() {
  constexpr bool lvalue = std::is_lvalue_reference_v<V>;
  if constexpr (!std::same_as<std::remove_reference_t<V>, T>) {
    return std::type_identity<T>{};
  } else if constexpr (lvalue && !std::is_copy_constructible_v<T>) {
    return std::type_identity<T&>{};
  } else if constexpr (!lvalue && !std::is_trivially_copyable_v<T>) {
    return std::type_identity<T&&>{};
  } else {
    return std::type_identity<T>{};
  }
}
template <class T, class V>
using heldvalue_for = heldvalue<typename decltype(howheld<T, V>())::type>;

struct case_tag {};
template <class C>
concept select_arg = std::is_base_of_v<case_tag, std::remove_cvref_t<C>>;
template <class C>
concept select_temporary = select_arg<C> && !std::is_lvalue_reference_v<C>;

// A handler is kept by value if it came as an rvalue, else by reference (H is
// then an lvalue reference).

template <class T, class Chan, class H>
class recv_case : public case_tag {
 public:
  static constexpr bool kDefault = false, kTemporary = false;

  template <class C, class F>
  recv_case(C&& c, F&& h) : c_(std::forward<C>(c)), h_(std::forward<F>(h)) {}

  void fill(scase& k) noexcept { k = {c_.get(), slot_.addr(), false}; }
  void finish(bool success) {
    callhandler<T>(h_, success ? slot_.take() : std::nullopt);
  }

  void block() { callhandler<T>(h_, chan_recv<T>(c_.get())); }
  bool poll() {
    bool closed;
    std::optional<T> v = chan_tryrecv<T>(c_.get(), closed);
    if (!v && !closed) return false;
    callhandler<T>(h_, std::move(v));
    return true;
  }

  auto own() && {
    auto c = std::move(c_).own();
    return recv_case<T, heldchan<decltype(c)>, std::decay_t<H>>(
        std::move(c), std::forward<H>(h_));
  }

 private:
  Chan c_;
  [[no_unique_address]] H h_;
  elemslot<T> slot_;
};

template <class T, class Chan, class Value, class H>
class send_case : public case_tag {
 public:
  static constexpr bool kDefault = false;
  static constexpr bool kTemporary = std::same_as<Value, heldvalue<T&&>>;

  template <class C, class V, class F>
  send_case(C&& c, V&& v, F&& h)
      : c_(std::forward<C>(c)),
        v_(std::forward<V>(v)),
        h_(std::forward<F>(h)) {}

  void fill(scase& k) noexcept {
    k = {c_.get(), std::addressof(v_.get()), true};
  }
  void finish(bool success) {
    if (!success) throwsendclosed();
    static_cast<void>(h_());
  }

  void block() {
    chan_send(c_.get(), v_.get());
    static_cast<void>(h_());
  }
  bool poll() {
    if (!chan_trysend(c_.get(), v_.get())) return false;
    static_cast<void>(h_());
    return true;
  }

  auto own() && {
    auto c = std::move(c_).own();
    return send_case<T, heldchan<decltype(c)>, heldvalue<T>, std::decay_t<H>>(
        std::move(c), std::move(v_).own(), std::forward<H>(h_));
  }

 private:
  Chan c_;
  Value v_;
  [[no_unique_address]] H h_;
};

template <class H>
class default_case : public case_tag {
 public:
  static constexpr bool kDefault = true, kTemporary = false;

  template <class F>
  explicit default_case(std::in_place_t, F&& h) : h_(std::forward<F>(h)) {}

  void fill(scase& k) noexcept { k = {}; }
  void finish(bool) { static_cast<void>(h_()); }

  auto own() && {
    return default_case<std::decay_t<H>>(std::in_place, std::forward<H>(h_));
  }

 private:
  [[no_unique_address]] H h_;
};

template <class C>
inline constexpr bool is_default = std::remove_cvref_t<C>::kDefault;
template <class C>
inline constexpr bool refers_to_temporary =
    std::is_lvalue_reference_v<C> && (std::remove_cvref_t<C>::kTemporary);

template <class C, class H>
auto makerecv(C&& c, H&& h) {
  return recv_case<elem_t<C>, heldchan_for<C>, H>(std::forward<C>(c),
                                                  std::forward<H>(h));
}
template <class C, class V, class H>
auto makesend(C&& c, V&& v, H&& h) {
  using T = elem_t<C>;
  return send_case<T, heldchan_for<C>, heldvalue_for<T, V>, H>(
      std::forward<C>(c), std::forward<V>(v), std::forward<H>(h));
}
template <class H>
auto makedefault(H&& h) {
  return default_case<H>(std::in_place, std::forward<H>(h));
}

// selframe is selmem for n cases; the sudogs are made when they are needed.
template <std::size_t n>
struct selframe {
  alignas(sudog) std::byte sudogs[n * sizeof(sudog)];
  std::uint32_t order[n];

  selframe() noexcept {}  // uninitialised on purpose
  selmem mem() noexcept { return {reinterpret_cast<sudog*>(sudogs), order}; }
};

// doselectone is select with one channel case, and perhaps a default.
template <class... Cases>
std::size_t doselectone(Cases&... cases) {
  constexpr bool blocks = !(is_default<Cases> || ...);
  std::size_t ran = kNoCase, deflt = kNoCase, i = 0;
  auto attempt = [&](auto& k) {
    if constexpr (is_default<decltype(k)>) {
      deflt = i;
    } else if constexpr (blocks) {
      k.block();
      ran = i;
    } else if (k.poll()) {
      ran = i;
    }
    ++i;
  };
  (attempt(cases), ...);
  if (ran != kNoCase) return ran;
  i = 0;
  auto fallback = [&](auto& k) {
    if constexpr (is_default<decltype(k)>) k.finish(true);
  };
  (fallback(cases), ...);
  return deflt;
}

template <class... Cases>
std::size_t doselect(Cases&... cases) {
  constexpr std::size_t n = sizeof...(Cases);
  constexpr std::size_t ndefault = (std::size_t{is_default<Cases>} + ...);
  if constexpr (n - ndefault == 1) {
    return doselectone(cases...);
  } else {
    scase ks[n];
    std::size_t i = 0;
    ((cases.fill(ks[i++])), ...);
    selframe<n> frame;
    selresult r = selectgo(ks, n, ndefault == 0, frame.mem());
    if (r.index == kNoCase) {
      i = 0;
      ((is_default<Cases> ? void(r.index = i++) : void(i++)), ...);
    }
    i = 0;
    ((i++ == r.index ? cases.finish(r.success) : void()), ...);
    return r.index;
  }
}

}  // namespace detail
}  // namespace burrow
