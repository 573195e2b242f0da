// runtime/time/timers.h - the timer heaps, one a p.
//
// A heap is a 4-ary array of 16-byte entries {when, what}; four siblings share
// one cache line. An entry is one of two things:
//   a sleeping goroutine  the g itself. It cannot be stopped, so nothing knows
//                         its index, and a sleep touches no memory of its own:
//                         no allocation, no write to a cold stack.
//   a timer               counted by reference; it knows its heap and index, so
//                         stopping it is O(log n) and leaves nothing behind.
//
// States of a timer (timer::where), and who moves it:
//
//   idle --start, reset--> queued on a heap --runtimers--> firing --> idle
//     ^                        |        ^                     |   |
//     +------stop, reset-------+        +-----(periodic)------+   |
//     +------stop, reset (the callback does not happen)-----------+
//
//   T1  queued -> firing, queued on another heap (addall), and queued ->
//       idle at the end of a run: under the heap's lock. Firing and idle are
//       released: who finds the timer so, by an acquire, may put it on another
//       heap without this one's lock, and write the index anew.
//   T2  every other step: under the timer's lock, and the heap's when a heap is
//       one end of it. Lock order: timer, heap; timer, channel.
//   T3  runtimers pops under the heap's lock alone and takes the timer's lock
//       afterwards. If it then finds the state firing it fires; if not,
//       somebody stopped the timer in between, and it does nothing. If the
//       timer was started again and popped by a second thread in between, the
//       first one to come fires and the other finds it idle: one shot, and
//       never early.
//   T4  a value is sent with the timer's lock held, and stop and reset drain
//       the channel with the same lock held. So after they return there is no
//       value of an earlier start, neither in the channel nor on its way.
//
// A heap's entry holds one reference to its timer; a pop hands it to the
// popper.
//
// Garbage. A timer whose channel nobody can receive from any more (after() in a
// select that took another case) does nothing when it fires. Before a heap
// grows it is swept of those, so that they never outnumber the others for long.
//
// Late comers. A thread may be held up between mytimers() and the heap's lock.
//   L1  the heap's p may be gone (maxprocs): movetimers leaves a forwarding
//       pointer, which add follows.
//   L2  the whole run may be over: cleartimers counts an epoch under the heap's
//       lock; add compares it with the one that was read before mytimers().
//
// Rejected: Go's lazy deletion (a stopped timer stays in the heap as a zombie).
// It saves the index, but keeps the memory of each stopped timeout until its
// deadline or a sweep, and needs a protocol between timer::when and
// entry::when.
#pragma once

#include <atomic>
#include <cstdint>

#include "burrow/detail/spinlock.h"

namespace burrow::rt {

struct g;
struct timer;

// timers is the heap of one p. Constructing it allocates nothing.
struct timers {
  timers() noexcept = default;
  ~timers();
  timers(const timers&) = delete;
  timers& operator=(const timers&) = delete;

  // minwhen is the earliest deadline in ns of the monotonic clock; 0: none.
  //
  // Context  any. A hint: relaxed, as every user rereads it under the lock or
  //          is told of changes by wakepoller.
  std::int64_t minwhen() const noexcept {
    return min.load(std::memory_order_relaxed);
  }

  // entry: what is the address of a timer, or of a g with the lowest bit set.
  struct entry {
    std::int64_t when;
    std::uintptr_t what;
  };

  detail::spinlock lock;
  std::atomic<std::int64_t> min{0};  // written under lock

  // lock.
  std::uint32_t len = 0;
  std::uint32_t cap = 0;
  entry* heap = nullptr;    // heap[1] .. heap[4] share a cache line
  timers* moved = nullptr;  // this p is gone; add there instead
};

// runtimers runs every timer of ts that is due at now (ns), in batches, with no
// lock held.
//
// Context  any m with a p, for any p's heap; inside the scheduler. Does not block.
// Returns  the next deadline, or 0.
std::int64_t runtimers(timers& ts, std::int64_t now) noexcept;

// movetimers empties from into to, and forwards what is still added to from
// until opentimers(from).
//
// Context  stop-the-world. No cycle of moves: to is of a p that stays.
void movetimers(timers& from, timers& to) noexcept;

// givetimers is movetimers for now only, if from has few, and nobody else is at to.
//
// Context  inside the scheduler; owns from's p, so that the run does not end meanwhile.
// Returns  whether they are to's now. Nobody is told.
bool givetimers(timers& from, timers& to) noexcept;

// opentimers ends the forwarding: the heap's p is in use again. Without this
// call everything works, but the timers of that p live on another one's heap.
void opentimers(timers& ts) noexcept;

// cleartimers forgets all timers at the end of a run and releases what they
// own, destructors of user code included.
//
// Context  any thread, after the run has stopped; no lock held.
void cleartimers(timers& ts) noexcept;

// timerops is what a kind of timer does. What is null is not called.
struct timerops {
  // send delivers the expiry of when (ns); timer's lock held, may be on g0.
  void (*send)(timer* t, std::int64_t when) noexcept;
  // drain takes back what send delivered; true: there was something. Lock held.
  bool (*drain)(timer* t) noexcept;
  // run is called instead of send with no lock held, on g0 or a g; it owns one
  // reference.
  void (*run)(timer* t) noexcept;
  // destroy frees t after its last reference is gone.
  void (*destroy)(timer* t) noexcept;
  // destroy may call user code, which must not happen on g0.
  bool destroyonstack;
  // abandoned: the only reference left is the heap's, and expiry would have no
  // effect. The heap's lock is held, or t's.
  bool (*abandoned)(const timer* t) noexcept;
};

struct timer {
  explicit timer(const timerops* o) noexcept : ops(o) {}

  const timerops* const ops;  // immutable
  std::atomic<std::uint32_t> refs{1};
  detail::spinlock lock;

  // idle, firing, or the heap it is queued on; T1, T2.
  std::atomic<std::uintptr_t> where{0};

  // The heap's lock.
  std::uint32_t index = 0;
  timer* sweeplink = nullptr;

  // lock.
  std::int64_t when = 0;    // ns; the deadline of the last start
  std::int64_t period = 0;  // ns between shots; 0: one shot
};

void retaintimer(timer* t) noexcept;
// releasetimer drops a reference; the last one calls ops->destroy.
//
// Context  g or foreign thread, no lock held.
void releasetimer(timer* t) noexcept;

// resettimer starts t, or starts it again, for when (ns, > 0); then every
// period ns, if that is not 0.
//
// Context  g or foreign thread, no lock held. Does not block.
// Returns  whether an earlier start had not yet fired, or had fired without
//          anybody receiving its value.
// Errors   std::logic_error outside a run; t is unchanged then.
bool resettimer(timer* t, std::int64_t when, std::int64_t period);

// tryresettimer is resettimer for who holds a lock: it returns -1 where that throws, or
// where the calling goroutine's run is over. t is not armed then, and outsiderun, with
// no lock held, is what is to be done.
int tryresettimer(timer* t, std::int64_t when, std::int64_t period) noexcept;

// outsiderun: there is no heap for the calling thread.
//
// Errors  std::logic_error; a goroutine whose run is over never returns.
[[noreturn]] void outsiderun();

// stoptimer makes t idle; returns as resettimer. Works outside a run, too.
//
// Context  g or foreign thread, no lock held. Does not block.
bool stoptimer(timer* t) noexcept;

// sleepuntil blocks the calling goroutine, gp, until when (ns, > 0).
//
// Context  g, not in the runtime.
void sleepuntil(g* gp, std::int64_t when) noexcept;

// deadlineafter is the time ns from now, in ns, > 0; it saturates.
std::int64_t deadlineafter(std::int64_t ns) noexcept;

}  // namespace burrow::rt
