// runtime/context/node.h - the nodes of a context tree that can be cancelled.
//
//   parent  <--- handle ---  child      a child keeps its parent's values
//   parent  --- link ----->  child      cancelling walks the links
//
// Two counts, since those two directions would make a cycle of one:
//   handles   (ctxnode) contexts, cancel functions, child nodes: who can see it
//   refs      (ctxchild) the memory: one for all the handles, one for the link
//             from `up`, one for the timer, one for each child's `up`
//
// When the last handle is gone the node is retired: it gives up its link and
// its timer, so that nothing keeps it. Unless its end can still be noticed,
// because somebody holds its done() channel or something hangs below it: then
// it stays linked, as every context of Go's does, until what it hangs on is
// cancelled or retired in turn.
//
// States of a cancelnode; each step is taken by the one canceller that took the
// first:
//   live      not cancelled
//   entered   err and cause are set; no child is added any more
//   closed    done() is closed
//   finished  all below is finished, too
//
// Locks: a node's, and that of `up` for its place among the children. No node's
// lock is taken with another's held.
//
// Rejected: one lock for a whole tree, which all requests of a server would
// share; and recursion, because a chain of a million contexts would overflow
// the stack.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <system_error>

#include "burrow/chan.h"
#include "burrow/context.h"
#include "burrow/detail/context_inl.h"
#include "burrow/detail/spinlock.h"
#include "burrow/detail/time_inl.h"
#include "runtime/sched/park.h"

namespace burrow::detail {

// ctxchild is what hangs on a cancelnode: another one, or a function.
struct ctxchild {
  ctxchild(bool func, cancelnode* owner) noexcept;

  const bool isfunc;     // immutable
  cancelnode* const up;  // immutable; a reference, or null
  std::atomic<std::uint32_t> refs{1};

  // up->lock. next also links the stacks of those who have taken it off.
  bool linked = false;
  ctxchild* next = nullptr;
  ctxchild* prev = nullptr;
};

enum class ctxstate : std::uint8_t { live, entered, closed, finished };

struct cancelnode : ctxnode, ctxchild {
  explicit cancelnode(cancelnode* owner) noexcept
      : ctxnode(ctxkind::cancel), ctxchild(false, owner) {}

  // Immutable once shared.
  std::optional<clock_time> deadline;
  std::error_code timeoutcause;

  spinlock lock;
  // Written under lock. err and cause are constant from `entered` on.
  std::atomic<ctxstate> state{ctxstate::live};
  std::atomic<bool> hasdone{false};
  std::error_code err;
  std::error_code cause;
  chan<unit> done;  // constant from hasdone on
  ctxchild* children = nullptr;
  timer_handle deadlinetimer;
};

struct funcnode : ctxchild {
  funcnode(cancelnode* owner, owned_call f, rt::creator c) noexcept
      : ctxchild(true, owner), call(f), by(c) {}
  ~funcnode() { call.drop(call.obj); }

  const owned_call call;
  const rt::creator by;
  std::atomic<bool> armed{true};  // false: started or stopped
};

// dropref drops a reference to c and frees it after the last.
//
// Context  any but g0; no lock held: runs destructors of user code.
void dropref(ctxchild* c) noexcept;

// link hangs c on its up, if that is live; the link is a reference. False: it
// is not, and c has to be treated as cancelled.
bool link(ctxchild* c) noexcept;

// unlink takes c off its up, and says whether it was on it. The link's
// reference is then the caller's.
bool unlink(ctxchild* c) noexcept;

// takechild unlinks and returns some child of n; null: there is none.
ctxchild* takechild(cancelnode* n) noexcept;

// stopdeadline stops n's timer, if it has one, and lets go of it.
void stopdeadline(cancelnode* n) noexcept;

// cancelwith cancels n and all below it; no effect if it is cancelled already,
// but it is finished on return in any case.
//
// Context  g or foreign thread, no lock held, n kept by the caller.
void cancelwith(cancelnode* n, std::error_code err,
                std::error_code cause) noexcept;

// startfunc calls f in a goroutine, unless it was stopped.
void startfunc(funcnode* f) noexcept;

}  // namespace burrow::detail
