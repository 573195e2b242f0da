// runtime/signal/ask.h - what burrow asks of its own threads, by a signal.
//
// The signal is SIGURG, as in Go: ignored by default, passed on by debuggers, used
// by no library, and harmless when it comes unasked.
//
//   asker     m's question = x (release)    tgkill    wait for the answer
//   handler   question (acquire)   answer (release)   futex wake
//
// An m that blocks the signal does not answer: askers wait a bounded time, and
// take their question back by a compare-and-swap.
#pragma once

#include <csignal>
#include <cstdint>

namespace burrow::rt {

struct m;

inline constexpr int kAskSignal = SIGURG;

// answer does what is asked of mp, the calling thread's m or null. Returns whether
// anything was.
//
// Context  signal handler.
bool answer(m* mp, void* ctxt) noexcept;

// asktrace stores the return addresses of what mp's goroutine is executing at
// the moment, newest first; it is what dumps call (tracerunning_fn, dump.h).
//
// Context  any thread but mp's own. Blocks for 100 ms at most.
// Returns  false: mp did not answer, or is not on a goroutine's stack.
bool asktrace(m* mp, std::uintptr_t* pcs, int max, int& n) noexcept;

// askseize has the owner of a claim that is `asked` decide it in its handler.
//
// Context  as tryseize (entry.h). Blocks for 2 ms at most.
// Returns  whether the claim is stealing now, and the caller's; else it is none.
bool askseize(m* mp, std::uint32_t asked) noexcept;

// answerseize is the handler's side of it. Returns whether anything was asked.
bool answerseize(m* mp) noexcept;

// A thread that was frozen, and where it was.
struct frozentrace {
  const std::uintptr_t* pcs;
  int n;
};

// freezeothers stops all other ms for good, each in its handler, with m::frozen
// set. Those that block the signal go on.
//
// Context  of a report that ends the process. Blocks for a second at most.
void freezeothers(const m* self) noexcept;

// freezestarting asks the calling thread, whose m has just got its tid, to freeze, if
// others have been asked: who asked them may not have seen this one.
//
// Context  the start of an m, its signals not blocked any more.
void freezestarting(std::int64_t tid) noexcept;

}  // namespace burrow::rt
