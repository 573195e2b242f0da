// runtime/chan/chan.h - channel operations for the rest of the runtime.
//
// Select is built on sendnow and recvnow. Timers have a channel with room for
// one value that its users see as unbuffered (Go 1.23): the timer posts into it
// from the scheduler, and takes a stale value back under its own lock.
#pragma once

#include "burrow/detail/hchan.h"
#include "runtime/sched/park.h"

namespace burrow::rt {

using detail::chanop;
using detail::hchan;

// sendnow and recvnow do the operation if it need not wait. yields: who has lost its p
// waits for another after it has woken somebody.
//
// Context  any; c->lock held on entry. Released on return, unless the result is
//          wouldblock: then it is still held.
chanop sendnow(hchan* c, void* elem, bool yields = false) noexcept;
chanop recvnow(hchan* c, void* slot, bool yields = false) noexcept;

// selstate is what the sudogs of one select share.
struct selstate : detail::selectstate {
  sudog* winner = nullptr;  // written by the waker whose claim succeeded
};

// setflag and clearflag.
//
// Context  c->lock held. relaxed: who reads flags without the lock and means to
//          act on it looks again under it.
inline void setflag(hchan* c, std::uint8_t f) noexcept {
  c->flags.store(
      static_cast<std::uint8_t>(c->flags.load(std::memory_order_relaxed) | f),
      std::memory_order_relaxed);
}
inline void clearflag(hchan* c, std::uint8_t f) noexcept {
  c->flags.store(
      static_cast<std::uint8_t>(c->flags.load(std::memory_order_relaxed) & ~f),
      std::memory_order_relaxed);
}

// freechan gives the memory back.
//
// Context  any. Nobody has a handle, a sudog or a visit to come.
void freechan(hchan* c) noexcept;

// chan_mark_timer makes c a timer's channel: len() and cap() report 0.
//
// Context  any, before c is shared.
void chan_mark_timer(hchan* c) noexcept;

// chan_drain destroys the buffered value, and says whether there was one.
//
// Context  any, the timer's lock may be held.
bool chan_drain(hchan* c) noexcept;

// chan_post sends *elem if somebody waits or there is room, and says whether it
// did; it may make a goroutine ready.
//
// Context  any, also g0; holds no lock that a receiver's wake-up needs.
bool chan_post(hchan* c, void* elem) noexcept;

}  // namespace burrow::rt
