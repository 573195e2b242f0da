// burrow/chan.h - typed channels between goroutines.
//
//   auto c = burrow::make_chan<int>(1);
//   burrow::go([c] { c.send(42); c.close(); });
//   for (int v : c) use(v);   // until closed and drained
//
// A chan is a handle: copies name the same channel, the last one frees it.
// Every operation may be called by any number of goroutines and threads at
// once, and blocks the goroutine, never its thread (on a thread that burrow did
// not make: that thread). Waiters are served first come, first served, and
// values leave in the order in which they came. What happened before a send has
// happened for the one that receives its value, what happened before a close
// for the one that is told of it.
//
// An element has to be nothrow-move-constructible, no more. It is moved while
// the channel is locked: its move constructor must not block or use channels.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "burrow/detail/chan_inl.h"
#include "burrow/error.h"

namespace burrow {

// unit is the element of channels that only signal.
using unit = std::monostate;

template <class T>
class chan;
template <class T>
class send_chan;
template <class T>
class recv_chan;

namespace detail {

// send_side is what chan and send_chan have in common.
template <class Handle, class T>
class send_side {
 public:
  // send blocks until v is received or buffered; on a nil channel, for ever.
  //
  // Errors  panic_error "send on closed channel", also if the channel is closed
  //         while the call waits.
  [[gnu::always_inline]] void send(T v) const { chan_send(raw(), v); }

  // try_send sends if that need not wait, and says whether it did. If not, v is
  // untouched: a move-only lvalue is moved from on success only.
  //
  // Errors  panic_error "send on closed channel".
  bool try_send(T&& v) const { return chan_trysend(raw(), v); }
  bool try_send(const T& v) const
    requires std::is_copy_constructible_v<T>
  {
    if (raw() == nullptr || cannotsend(raw())) return false;
    T copy(v);  // here: a copy may throw and take its time, the lock is later
    return chan_trysend(raw(), copy);
  }
  bool try_send(T& v) const
    requires(!std::is_copy_constructible_v<T>)
  {
    return chan_trysend(raw(), v);
  }

  // close says that no value will follow: receivers get what is buffered, then
  // nullopt, at once; senders that wait throw.
  //
  // Errors  panic_error "close of closed channel", "close of nil channel".
  void close() const { closechan(raw()); }

 private:
  hchan* raw() const noexcept {
    return chan_access::get(static_cast<const Handle&>(*this));
  }
};

// recv_side is what chan and recv_chan have in common.
template <class Handle, class T>
class recv_side {
 public:
  // recv blocks until there is a value; on a nil channel, for ever.
  //
  // Returns  nullopt once the channel is closed and drained.
  [[gnu::always_inline]] std::optional<T> recv() const {
    return chan_recv<T>(raw());
  }

  // try_recv receives if that need not wait.
  //
  // Returns  nullopt if it would have to wait, or is closed and drained.
  std::optional<T> try_recv() const {
    bool closed;
    return chan_tryrecv<T>(raw(), closed);
  }

  // begin and end: for (auto& v : c) receives until closed and drained.
  chan_iterator<T> begin() const { return chan_iterator<T>(raw()); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  hchan* raw() const noexcept {
    return chan_access::get(static_cast<const Handle&>(*this));
  }
};

}  // namespace detail

// make_chan makes a channel with room for `capacity` values; with room for
// none, a send waits for its receiver.
//
// Errors  std::length_error if the room is beyond any address space,
//         std::bad_alloc if it is not to be had.
template <class T>
chan<T> make_chan(std::size_t capacity = 0);

// chan is the handle of a channel of T. Default-constructed it is the nil
// channel.
template <class T>
class chan : public detail::chan_handle,
             public detail::send_side<chan<T>, T>,
             public detail::recv_side<chan<T>, T> {
 public:
  chan() noexcept = default;

  // Two handles are equal if they name the same channel, or are both nil.
  friend bool operator==(const chan& a, const chan& b) noexcept {
    return detail::chan_access::get(a) == detail::chan_access::get(b);
  }

 private:
  friend chan make_chan<T>(std::size_t);
  explicit chan(detail::hchan* made) noexcept : detail::chan_handle(made) {}
};

// send_chan is a handle by which one can only send and close.
template <class T>
class send_chan : public detail::chan_handle,
                  public detail::send_side<send_chan<T>, T> {
 public:
  send_chan() noexcept = default;
  send_chan(const chan<T>& c) noexcept : detail::chan_handle(c) {}
  send_chan(chan<T>&& c) noexcept : detail::chan_handle(std::move(c)) {}

  friend bool operator==(const send_chan& a, const send_chan& b) noexcept {
    return detail::chan_access::get(a) == detail::chan_access::get(b);
  }
};

// recv_chan is a handle by which one can only receive.
template <class T>
class recv_chan : public detail::chan_handle,
                  public detail::recv_side<recv_chan<T>, T> {
 public:
  recv_chan() noexcept = default;
  recv_chan(const chan<T>& c) noexcept : detail::chan_handle(c) {}
  recv_chan(chan<T>&& c) noexcept : detail::chan_handle(std::move(c)) {}

  friend bool operator==(const recv_chan& a, const recv_chan& b) noexcept {
    return detail::chan_access::get(a) == detail::chan_access::get(b);
  }
};

template <class T>
chan<T> make_chan(std::size_t capacity) {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> &&
                    !std::is_const_v<T> && std::is_nothrow_destructible_v<T>,
                "a channel's element is an object type");
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "a channel's element must be nothrow-move-constructible");
  return chan<T>(detail::makechan(detail::elemops_of<T>, capacity));
}

namespace detail {

struct chan_hash {
  std::size_t operator()(const chan_handle& h) const noexcept {
    return std::hash<const void*>()(chan_access::get(h));
  }
};

}  // namespace detail
}  // namespace burrow

template <class T>
struct std::hash<burrow::chan<T>> : burrow::detail::chan_hash {};
template <class T>
struct std::hash<burrow::send_chan<T>> : burrow::detail::chan_hash {};
template <class T>
struct std::hash<burrow::recv_chan<T>> : burrow::detail::chan_hash {};
