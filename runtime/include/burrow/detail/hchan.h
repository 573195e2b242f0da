// burrow/detail/hchan.h - the channel object behind every handle.
//
// hchan is no template: the element type is known to it by elemops only, so
// that all that waits, wakes or closes is compiled once, in the library. The
// buffer lies right behind it in the same allocation.
//
// Invariants, under lock
//   1 receivers wait only while the buffer is empty, senders only while it is
//     full; so never both, but for the two cases of one select on one channel.
//   2 a flag kRecvWaiting (kSendWaiting) is set while recvq (sendq) is not
//     empty. It may be set for an empty one (the end of a run empties queues);
//     the next slow operation puts that right.
//   3 flags and count are written under lock, and read by anybody.
//
// Lifetime: handles count in refs. A goroutine that is parked in a send or a
// receive never touches the channel again, so it needs no reference;
// destroychan detaches it. A select comes back to the channels that lost, so a
// channel with such a visitor to come is left behind `dead`, and the visitor
// frees it.
//
// Rejected: a reference for every blocked call. Two locked instructions (14 ns)
// a park, for the sake of programs that destroy a handle under a blocked call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "burrow/detail/biasedlock.h"
#include "burrow/detail/waitq.h"

namespace burrow::detail {

// elemops is how the library handles one element.
struct elemops {
  std::size_t size;   // bytes
  std::size_t align;  // bytes
  // Move-constructs *dst from *src, which stays alive, moved from. Null:
  // memcpy.
  void (*move)(void* dst, void* src) noexcept;
  void (*destroy)(void* elem) noexcept;  // null: nothing to do
};

inline constexpr std::size_t kCacheLine = 64;

enum chanflag : std::uint8_t {
  kClosed = 1,
  kRecvWaiting = 2,
  kSendWaiting = 4,
  kTimer = 8,  // a timer's channel: len() and cap() say 0
};

struct alignas(kCacheLine) hchan {
  // The line that every operation changes, under lock.
  [[no_unique_address]] biasedlock lock;
  std::atomic<std::uint8_t> flags{0};
  std::atomic<std::size_t> count{0};  // elements in the buffer
  std::size_t sendx = 0;              // where the next element goes
  std::size_t recvx = 0;              // where the oldest is
  waitq recvq;
  waitq sendq;  // its last, cold, is on the next line

  // The other line: buffered operations read cap, the rest is cold.
  std::size_t cap = 0;               // immutable
  std::atomic<std::size_t> refs{1};  // handles
  const elemops* ops = nullptr;      // immutable
  void* block = nullptr;             // immutable: the allocation
  // Under lock: how many losers' sudogs were dropped by wakers whose selects
  // have still to come by, and whether no handle is left.
  std::size_t visits = 0;
  bool dead = false;

  bool is(std::uint8_t mask) const noexcept {
    return (flags.load(std::memory_order_relaxed) & mask) != 0;
  }
};
static_assert(sizeof(void*) < 8 || sizeof(hchan) == 2 * kCacheLine);

// bufoffset is where the buffer for elements of this alignment begins.
constexpr std::size_t bufoffset(std::size_t align) noexcept {
  return align > sizeof(hchan) ? align : sizeof(hchan);
}

// cannotrecv and cannotsend say, without the lock, that the operation would
// have to wait; false means no more than "look under the lock".
//
// A receive has to wait when the channel is open and there is neither element
// nor sender. Closing is for ever, so a channel that is seen open after it was
// seen empty (acquire: in this order) was open when it was empty.
inline bool cannotrecv(const hchan* c) noexcept {
  return c->count.load(std::memory_order_acquire) == 0 &&
         (c->flags.load(std::memory_order_acquire) &
          (kClosed | kSendWaiting)) == 0;
}

// A send has to wait when the channel is open, full, and nobody receives. Seen
// open first and full then (acquire): if it was closed in between it was full
// when that happened, for a closed channel does not fill, so it was both once.
inline bool cannotsend(const hchan* c) noexcept {
  return (c->flags.load(std::memory_order_acquire) &
          (kClosed | kRecvWaiting)) == 0 &&
         c->count.load(std::memory_order_acquire) == c->cap;
}

enum class chanop : std::uint8_t { ok, closed, wouldblock };

// makechan allocates a channel with one reference.
//
// Context  any.
// Errors   std::length_error: more bytes than fit in an address space;
//          std::bad_alloc.
hchan* makechan(const elemops& ops, std::size_t cap);

// destroychan ends a channel whose last handle is gone.
//
// Context  any, no lock held: runs the elements' destructors.
void destroychan(hchan* c) noexcept;

// chansend sends *elem, waiting if it must. The value is moved from if it was
// taken, else untouched.
//
// Context  g or foreign thread; c->lock held on entry, released on return.
// Returns  false if the channel is or becomes closed.
bool chansend(hchan* c, void* elem) noexcept;

// chanrecv constructs the next value in the storage `slot`, waiting if it must.
//
// Context  as chansend.
// Returns  false, with nothing constructed, once closed and drained.
bool chanrecv(hchan* c, void* slot) noexcept;

// trychansend and trychanrecv are the same without the waiting.
//
// Context  any; c->lock held on entry, released on return.
chanop trychansend(hchan* c, void* elem) noexcept;
chanop trychanrecv(hchan* c, void* slot) noexcept;

// The same four with the lock taken inside, for code that has safepoints: it must
// not hold a lock at one.
bool locksend(hchan* c, void* elem) noexcept;
bool lockrecv(hchan* c, void* slot) noexcept;
chanop locktrysend(hchan* c, void* elem) noexcept;
chanop locktryrecv(hchan* c, void* slot) noexcept;

// closechan closes c and wakes all that wait.
//
// Context  any, no lock held.
// Errors   panic_error "close of nil channel", "close of closed channel".
void closechan(hchan* c);

[[noreturn]] void blocknilsend() noexcept;  // a send on a nil channel
[[noreturn]] void blocknilrecv() noexcept;  // a receive from one
[[noreturn]] void throwsendclosed();  // panic_error "send on closed channel"

}  // namespace burrow::detail
