// burrow/detail/chan_inl.h - the typed part of channels.
//
// Inline is what a buffered channel does when nobody waits: lock, move one
// element, unlock. The rest goes to the library with the lock held, so that an
// operation takes the lock once whichever way it goes. Always: a compiler that has
// much else to inline leaves these out, for a third more time an item.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "burrow/detail/hchan.h"
#include "burrow/detail/safepoints.h"

namespace burrow::detail {

template <class T>
constexpr elemops makeelemops() noexcept {
  elemops ops{sizeof(T), alignof(T), nullptr, nullptr};
  if constexpr (!std::is_trivially_copyable_v<T> ||
                !std::is_trivially_move_constructible_v<T>) {
    ops.move = [](void* dst, void* src) noexcept {
      ::new (dst) T(std::move(*static_cast<T*>(src)));
    };
  }
  if constexpr (!std::is_trivially_destructible_v<T>) {
    ops.destroy = [](void* elem) noexcept {
      std::destroy_at(static_cast<T*>(elem));
    };
  }
  return ops;
}

template <class T>
inline constexpr elemops elemops_of = makeelemops<T>();

// elemslot is storage for one T, which the library fills.
template <class T>
class elemslot {
 public:
  elemslot() noexcept {}            // uninitialised on purpose
  elemslot(elemslot&&) noexcept {}  // only an empty slot is ever moved
  elemslot& operator=(elemslot&&) = delete;

  void* addr() noexcept { return mem_; }

  // take moves the value out and leaves the slot empty.
  std::optional<T> take() noexcept {
    dropper d{this};  // runs when the result is constructed
    return std::optional<T>(std::in_place, std::move(*get()));
  }

  void drop() noexcept { std::destroy_at(get()); }

 private:
  struct dropper {
    elemslot* s;
    ~dropper() { s->drop(); }
  };

  T* get() noexcept { return std::launder(reinterpret_cast<T*>(mem_)); }

  alignas(T) std::byte mem_[sizeof(T)];
};

template <class T>
inline void* bufaddr(hchan* c, std::size_t i) noexcept {
  return reinterpret_cast<std::byte*>(c) + bufoffset(alignof(T)) +
         i * sizeof(T);
}

inline std::size_t bufnext(const hchan* c, std::size_t i) noexcept {
  return i + 1 == c->cap ? 0 : i + 1;
}

// bufput moves v into the buffer and unlocks, if that is all there is to do;
// else it does nothing and returns false.
template <class T>
[[gnu::always_inline]] inline bool bufput(hchan* c, T& v) noexcept {
  const std::size_t n = c->count.load(std::memory_order_relaxed);
  if (n == c->cap || c->is(kClosed | kRecvWaiting)) return false;
  ::new (bufaddr<T>(c, c->sendx)) T(std::move(v));
  c->sendx = bufnext(c, c->sendx);
  c->count.store(n + 1, std::memory_order_relaxed);
  c->lock.unlock();
  return true;
}

// canbuftake says whether a receive is nothing but a buftake.
inline bool canbuftake(const hchan* c) noexcept {
  return c->count.load(std::memory_order_relaxed) != 0 && !c->is(kSendWaiting);
}

// buftake moves the oldest element out of the buffer and unlocks.
template <class T>
[[gnu::always_inline]] inline std::optional<T> buftake(hchan* c) noexcept {
  T* head = std::launder(static_cast<T*>(bufaddr<T>(c, c->recvx)));
  struct popper {  // runs when the result is constructed
    hchan* c;
    T* head;
    ~popper() {
      std::destroy_at(head);
      c->recvx = bufnext(c, c->recvx);
      c->count.store(c->count.load(std::memory_order_relaxed) - 1,
                     std::memory_order_relaxed);
      c->lock.unlock();
    }
  } p{c, head};
  return std::optional<T>(std::in_place, std::move(*head));
}

template <class T>
[[gnu::always_inline]] inline void chan_send(hchan* c, T& v) {
  if (c == nullptr) [[unlikely]]
    blocknilsend();
  if constexpr (kSafepoints) {
    if (!locksend(c, std::addressof(v))) throwsendclosed();
    return;
  }
  c->lock.lock();
  if (bufput(c, v)) return;
  if (!chansend(c, std::addressof(v))) throwsendclosed();
}

template <class T>
inline bool chan_trysend(hchan* c, T& v) {
  if (c == nullptr || cannotsend(c)) return false;
  if constexpr (!kSafepoints) {
    c->lock.lock();
    if (bufput(c, v)) return true;
  }
  const chanop r = kSafepoints ? locktrysend(c, std::addressof(v))
                               : trychansend(c, std::addressof(v));
  if (r == chanop::closed) throwsendclosed();
  return r == chanop::ok;
}

// A receive needs room for the value that somebody may hand to it. Inlined, so
// that a small value comes back in registers; a large one gets a frame of its
// own, which a receive from the buffer does not pay for.
template <class T>
inline std::optional<T> chan_recvslow(hchan* c) noexcept {
  elemslot<T> slot;
  if (!(kSafepoints ? lockrecv : chanrecv)(c, slot.addr())) return std::nullopt;
  return slot.take();
}
template <class T>
[[gnu::noinline]] std::optional<T> chan_recvlarge(hchan* c) noexcept {
  return chan_recvslow<T>(c);
}

template <class T>
[[gnu::always_inline]] inline std::optional<T> chan_recv(hchan* c) noexcept {
  constexpr std::size_t kLarge = 256;  // bytes
  if (c == nullptr) [[unlikely]]
    blocknilrecv();
  if constexpr (!kSafepoints) {
    c->lock.lock();
    if (canbuftake(c)) return buftake<T>(c);
  }
  if constexpr (sizeof(T) > kLarge) return chan_recvlarge<T>(c);
  return chan_recvslow<T>(c);
}

template <class T>
[[gnu::noinline]] std::optional<T> chan_tryrecvslow(hchan* c,
                                                    bool& closed) noexcept {
  elemslot<T> slot;
  const chanop r = (kSafepoints ? locktryrecv : trychanrecv)(c, slot.addr());
  closed = r == chanop::closed;
  if (r != chanop::ok) return std::nullopt;
  return slot.take();
}

// closed is set if it was the end of the channel that gave nullopt.
template <class T>
inline std::optional<T> chan_tryrecv(hchan* c, bool& closed) noexcept {
  closed = false;
  if (c == nullptr || cannotrecv(c)) return std::nullopt;
  if constexpr (!kSafepoints) {
    c->lock.lock();
    if (canbuftake(c)) return buftake<T>(c);
  }
  return chan_tryrecvslow<T>(c, closed);
}

// chan_handle counts the references of one handle.
class chan_handle {
 public:
  // operator bool says whether this is not the nil channel.
  explicit operator bool() const noexcept { return c_ != nullptr; }

  // len returns the number of buffered elements at this moment; 0 on nil.
  std::size_t len() const noexcept {
    if (c_ == nullptr || c_->is(kTimer)) return 0;
    return c_->count.load(std::memory_order_relaxed);
  }

  // cap returns the size of the buffer; 0 on nil.
  std::size_t cap() const noexcept {
    return c_ == nullptr || c_->is(kTimer) ? 0 : c_->cap;
  }

 protected:
  chan_handle() noexcept = default;
  explicit chan_handle(hchan* adopted) noexcept : c_(adopted) {}
  chan_handle(const chan_handle& o) noexcept : c_(o.c_) {
    // relaxed: whoever copies a handle has one.
    if (c_ != nullptr) c_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  chan_handle(chan_handle&& o) noexcept : c_(std::exchange(o.c_, nullptr)) {}
  chan_handle& operator=(const chan_handle& o) noexcept {
    chan_handle(o).swap(*this);
    return *this;
  }
  chan_handle& operator=(chan_handle&& o) noexcept {
    chan_handle(std::move(o)).swap(*this);
    return *this;
  }
  ~chan_handle() {
    if (c_ != nullptr) unref();
  }

 private:
  friend struct chan_access;

  void swap(chan_handle& o) noexcept { std::swap(c_, o.c_); }

  void unref() noexcept {
    // acquire: all that was done through the other handles is done. Who sees 1
    // has the only handle, so nobody else counts: no locked instruction.
    if (c_->refs.load(std::memory_order_acquire) == 1 ||
        c_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroychan(c_);
    }
  }

  hchan* c_ = nullptr;  // null: the nil channel
};

// chan_access is how the rest of burrow gets from a handle to its channel.
struct chan_access {
  static hchan* get(const chan_handle& h) noexcept { return h.c_; }
};

// chan_iterator receives one value a step. It is an input iterator, ended by
// std::default_sentinel; it refers to a channel that some handle keeps.
template <class T>
class chan_iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;

  explicit chan_iterator(hchan* c) noexcept : c_(c), v_(chan_recv<T>(c)) {}
  chan_iterator(chan_iterator&&) noexcept = default;
  chan_iterator& operator=(chan_iterator&& o) noexcept {
    c_ = o.c_;
    set(std::move(o.v_));
    return *this;
  }

  // The value may be moved from; a T& from a const iterator, as for pointers.
  T& operator*() const noexcept { return *v_; }
  T* operator->() const noexcept { return std::addressof(*v_); }

  chan_iterator& operator++() noexcept {
    set(chan_recv<T>(c_));
    return *this;
  }
  void operator++(int) noexcept { ++*this; }

  friend bool operator==(const chan_iterator& it,
                         std::default_sentinel_t) noexcept {
    return !it.v_.has_value();
  }

 private:
  void set(std::optional<T>&& v) noexcept {  // T need not be assignable
    v_.reset();
    if (v) v_.emplace(std::move(*v));
  }

  hchan* c_;
  mutable std::optional<T> v_;
};

}  // namespace burrow::detail
