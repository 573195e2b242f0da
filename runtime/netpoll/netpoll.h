// runtime/netpoll/netpoll.h - goroutines that wait for descriptors.
//
// One poller of the system's (sys/poller.h), edge-triggered, watches every
// descriptor that it can; a polldesc is what burrow knows of one. Who wants to
// read tries first, and waits here only if there is nothing:
//
//   reader                              poller (any thread)
//     ready = false (acquire)             event: lock
//     read: got some? done                  ready = true (release)
//     pollwait: lock                        waiter? take it off, unlock, run it
//       ready? unlock, try again          unlock
//       else park, releasing the lock
//
// `ready` goes false before the system call, so an event that comes later than
// what the call saw is never lost. A short read of a stream leaves it false: the
// next reader parks without a system call that would only say EAGAIN.
//
// Who polls: an m whose p has nothing to do (findrunnable); the one idle m that
// waits for timers (wake.cc), asleep in the poller then; sysmon, if nobody has
// for a while. Any number may at a time: an event is told to one of them.
//
// A polldesc is never freed, and each use of one has a number of its own (seq, in
// the tag): an event of a descriptor that has been closed, and whose number and
// polldesc are in use again, is not taken for the new one's.
//
// A thread that burrow did not make waits for itself (thread.cc): there may be no
// run, and so nobody who polls.
//
// Deadlines are looked at when a goroutine is about to park, and only then have
// a timer. A timer that fires early, because the deadline has moved meanwhile,
// starts itself again: a connection that moves its deadline with each message
// touches no heap.
//
// Rejected: Go's lock-free words (nil, ready, wait, or the g) for each direction.
// They save one locked instruction of a path with two system calls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "burrow/detail/waitq.h"
#include "runtime/sched/runtime2.h"
#include "runtime/time/timers.h"

namespace burrow::rt {

enum class polldir : std::uint8_t { read, write };
enum class pollresult : std::uint8_t { ready, closed, deadline };

struct deadlinetimer;
struct waitingthread;

// What a read or a write touches of its side. All of both sides, and the lock,
// lie in one cache line: with thousands of connections each line is a miss.
struct pollside {
  detail::waitq q;  // polldesc::lock; at most one but for misuse
  std::atomic<std::int64_t> deadline{0};  // written under polldesc::lock; ns
};

// What a side has beside that, for who has deadlines, or is a foreign thread.
struct polltimer {
  detail::spinlock lock;  // before the timer's own; with no other lock held
  // The timer is set for this time; 0: it is not. Of the run with this number: the end
  // of a run stops all timers. Written under lock.
  std::atomic<std::uint32_t> run{0};
  std::atomic<std::int64_t> armed{0};
  deadlinetimer* timer = nullptr;
  waitingthread* threads = nullptr;  // polldesc::lock; thread.cc
};

struct alignas(kCacheLine) polldesc {
  detail::spinlock lock;
  bool closing = true;  // lock
  // The peer has closed, or there is an error, for good: a short read proves
  // nothing any more. Stored before `ready`.
  std::atomic<bool> ended{false};
  std::atomic<bool> ready[2] = {true, true};  // by polldir: try before you wait
  std::uint32_t seq = 0;                      // lock
  std::uint32_t index = 0;                    // immutable
  pollside side[2];

  alignas(kCacheLine) polltimer timers[2];

  polldesc* link = nullptr;  // on the free list
  int fd = -1;               // lock; stays until it is closed
  bool lost = false;         // lock; the watch has ended after `closing`

  pollside& at(polldir d) noexcept { return side[static_cast<int>(d)]; }
  std::atomic<bool>& readyat(polldir d) noexcept {
    return ready[static_cast<int>(d)];
  }
  polltimer& timerat(polldir d) noexcept { return timers[static_cast<int>(d)]; }
};

static_assert(offsetof(polldesc, timers) == kCacheLine);
static_assert(offsetof(polldesc, link) <= 2 * kCacheLine);

// netpollopen watches fd. Errors  -errno of sys::polladd and sys::pollopen,
// -ENOMEM; pd is null then.
std::int64_t netpollopen(int fd, polldesc*& pd);

// netpollevict makes all who wait, and all who will, return `closed`.
void netpollevict(polldesc* pd) noexcept;

// netpollclose ends the watch, after netpollevict and before the descriptor is
// closed; pd may be another's at once. Where the kernel takes its time to let the
// file go (sys::polldel), it waits for that, 100 ms at most.
// Context  g or foreign thread, no lock held.
void netpollclose(polldesc* pd) noexcept;

// pollwait blocks the calling goroutine or thread until there is something to
// try. About is what will be touched then, for the cache; null: nothing.
// Context  g or foreign thread, no lock held.
pollresult pollwait(polldesc* pd, polldir dir, void* about = nullptr);

// pollsetdeadline: when in ns, 0: none. Who waits already is told.
void pollsetdeadline(polldesc* pd, polldir dir, std::int64_t when);

// ---- For the scheduler ----

extern std::atomic<std::int32_t> npolled;  // descriptors that are watched

inline bool netpollinuse() noexcept { return npolled.load(relaxed) > 0; }

// netpoll appends to out the goroutines whose wait is over; they are still
// gstatus::waiting. Waits for ns nanoseconds at most for the first (0: not at
// all, < 0: for ever). Context  any thread; netpollinuse().
void netpoll(std::int64_t ns, gqueue& out) noexcept;

// netpollbreak ends the wait of a netpoll.
void netpollbreak() noexcept;

// netpollforked: this is the child of a fork, in which a poller that there is remains its
// parent's, too, with its watches: they stay when a descriptor is closed here. One thread.
void netpollforked() noexcept;

// netpolltime is when somebody last polled, in ns.
std::int64_t netpolltime() noexcept;

}  // namespace burrow::rt
