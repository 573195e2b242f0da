// runtime/sched/park.h - what the rest of the runtime may ask of the scheduler.
//
// Channels, sync, time and context are built on these calls alone: they see no
// m and no p, and g is opaque to them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

namespace burrow::detail {
class ownedcount;
}

namespace burrow::rt {

using detail::spinlock;
using detail::sudog;
using detail::waitq;

struct g;

// Why a goroutine waits; dumps print it in Go's words (waitreason_name).
enum class waitreason : std::uint8_t {
  none,
  chan_receive,
  chan_send,
  chan_receive_nil,
  chan_send_nil,
  select,
  select_no_cases,
  sleep,
  mutex_lock,
  rwmutex_rlock,
  rwmutex_lock,
  wait_group,
  cond,
  semaphore,
  once,
  future,
  error_group,
  io_wait,
  forever,
};
const char* waitreason_name(waitreason why) noexcept;

// getg returns the calling goroutine. On a thread that burrow did not make it
// returns that thread's proxy g, which parks by blocking the thread.
//
// Context  any. Never null. Not to be kept over a park on behalf of an m: the
//          g stays the same, its thread does not.
g* getg() noexcept;

// gopark blocks the calling goroutine until goready(getg()).
//
// The first form releases `held` when the goroutine's stack is no longer in
// use, so a waker that takes the lock next may make it runnable at once. The
// second calls unlockf(arg) at that point instead: it runs on another stack, must
// not block, park or throw. `waiting` is the list (by waitlink) of the sudogs by
// which the goroutine is queued, or null if it is on no queue.
//
// Returns  whether the last that left this thread was to return to `from`, too
//          (foresee.h).
//
// Context  g or foreign thread; `held` held and nothing else.
bool gopark(spinlock* held, sudog* waiting, waitreason why,
            const void* from = nullptr) noexcept;
bool gopark(void (*unlockf)(void*), void* arg, sudog* waiting, waitreason why,
            const void* from = nullptr) noexcept;

// parkforever blocks the calling goroutine for good.
[[noreturn]] void parkforever(waitreason why) noexcept;

// joinchild is for a goroutine that is about to wait for others to end: it runs the
// ones that it has started last, if they have not begun, and returns when the caller
// is to look again whether its wait is over; at least so many ends are needed for
// that, as far as it knows (1 or more). False: there is none; park.
//
// Context  g or foreign thread, holding no lock.
bool joinchild(std::int64_t least, waitreason why) noexcept;

// joincounted is joinchild again and again, while count, which was n, is the caller's own
// and not 0.
// Returns  the count; not 0: there is no child to run, or it is another's.
std::int64_t joincounted(const detail::ownedcount& count, std::int64_t n,
                         waitreason why) noexcept;

// goready makes a parked g runnable; it runs soon, next on this p if it can.
//
// Context  g, g0 or any thread, holding no lock that gp's wake-up needs. Does
//          not block. Exactly one goready for one gopark.
void goready(g* gp) noexcept;

// goreadyyield is goready for a g, holding no lock at all: if it has lost its p, it waits
// for another. May block, and may not return (gopark).
void goreadyyield(g* gp) noexcept;

// goyield lets other goroutines run; the caller stays runnable.
void goyield() noexcept;

// yieldtofew is goyield if there are goroutines that wait for the caller's p, but
// at most `most` of them; false: it has not yielded.
//
// Context  g or foreign thread, holding no lock.
bool yieldtofew(std::uint32_t most) noexcept;

// gidof returns gp's number; 0 for a foreign thread's proxy.
std::uint64_t gidof(const g* gp) noexcept;

// creator is the call that started a goroutine.
struct creator {
  std::uintptr_t pc = 0;   // its return address; 0: run did, or no goroutine
  std::uint64_t goid = 0;  // who called; 0: a thread that burrow did not make
};

// gidentity is what a report says of a goroutine besides its state.
struct gidentity {
  std::uint64_t goid = 0;
  const char* name = nullptr;  // go_options; null: none
  bool locked = false;         // to its thread
  creator by;
};
gidentity identityof(const g* gp) noexcept;

// setcreator is for those that start goroutines on behalf of an earlier call.
// Between go_prepare and go_start.
void setcreator(g* gp, creator by) noexcept;

// canspin says whether active spinning for a lock can help: more than
// one p, and another one is running.
bool canspin() noexcept;

// lostcall is what a goroutine, or a foreign thread, wants done should it be ended
// without being unwound: at the end of its run. fn is called after the goroutine
// is off every queue, on its stack or with that still there, by any thread, with no
// lock held; it must not park. glost is the calling goroutine's list of them, newest
// first, by next; who adds one takes it off again.
struct lostcall {
  void (*fn)(lostcall* c) noexcept = nullptr;
  lostcall* next = nullptr;
};
lostcall*& glost() noexcept;

// willrun says whether gp, which waits, will go on when it is woken: it is a foreign
// thread, or its run is not over. A hint, for the run may end right after.
bool willrun(const g* gp) noexcept;

// glocals is the calling goroutine's (or foreign thread's) slot for
// goroutine-local values; when a goroutine with a non-null slot ends,
// destroylocals (runtime/sync/local.cc) is called with it.
void*& glocals() noexcept;
void destroylocals(void* locals) noexcept;

// fatal reports the user's mistake and ends the process: "fatal error: <msg>",
// the calling goroutine's trace, exit code 2. rtthrow is for our own bugs.
[[noreturn]] void fatal(const char* msg) noexcept;
[[noreturn]] void rtthrow(const char* msg) noexcept;

}  // namespace burrow::rt
