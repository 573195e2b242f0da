// tests/model/model.h - an exhaustive checker of memory protocols.
//
// explore() runs a program of a few threads again and again, until it has seen
// every order of their accesses to shared words and, for each, every order in
// which a processor lets other threads see its writes:
//
//   tso   x86-64. A store waits in its thread's buffer, first in first out, and
//         comes to memory by a step of its own; a load looks into the own buffer
//         first; a locked instruction empties it.
//   weak  C++'s model by views, without speculation: a load may read any write
//         that its thread has not been made to see past, so loads overtake loads
//         and earlier stores, and stores overtake stores. What an acquire load
//         reads from a release store carries that thread's view along. A store
//         does not overtake an earlier load; of two stores to one word, the one
//         made first comes first.
//
// heavy() is membarrier: a full fence of the caller, one of each other thread at
// a moment of its own, and one of the caller again. light() does nothing: no
// access is moved by the compiler here.
//
// Signals. raise() makes a signal pending for a thread, as tgkill does: its handler
// runs between any two of the thread's steps from then on, or after the last, or
// never. It masks itself. (The call is no step: a signal may come late, so nothing
// is gained by its being sent later. Signals are counted, for one that was taken
// might, sent later, have been another.) The kernel's locks order nothing here: the handler may
// run before it can see what was written before raise().
//
// Search. The threads are coroutines. An execution is a list of choices; the
// next one repeats it up to the last choice that has an alternative. A state
// that was met before is left: memory, buffers and views are hashed, with, for
// each thread, all that it has read so far, which determines where it stands.
// (64 bits of hash: of a million states, two are taken for one with probability
// 3e-8.)
//
// Rejected: a model of the protocol in a modelling language. It would be checked
// in the place of what runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace model {

using word = std::uint64_t;
enum class memory { tso, weak };

// location is a shared word. Made while explore() sets the program up, or as a
// static object before the first explore().
class location {
 public:
  explicit location(word init);
  location(const location&) = delete;
  location& operator=(const location&) = delete;

  // init changes what it begins with; while explore() sets the program up.
  void init(word value);

  // Atomic accesses: a step each.
  word load(std::memory_order order) const;
  void store(word value, std::memory_order order);
  // rmw lets fn(word& v) change the newest value if it returns true, and returns
  // what was there. failing is the order if it returns false.
  template <typename F>
  word rmw(std::memory_order order, std::memory_order failing, F fn) {
    return rmw(
        order, failing,
        [](void* f, word& v) { return (*static_cast<F*>(f))(v); }, &fn);
  }

  // lock waits until it is 0, and makes it 1: a step. What is in execution::rest the
  // thread may read then. Unlocked by an rmw.
  void lock();
  // sleep waits until it is not 0; for ever, if need be: that is an end as well.
  void sleep() const;

  // What C++ code does to a field that is no atomic; a violation if another
  // thread's write to it is not ordered before. A store is a step; a load is made
  // with the step before it, as early as it could be.
  word plainload() const;
  void plainstore(word value);

  // name is what the location is called in the account of a violation.
  void name(const char* text) const;

 private:
  word rmw(std::memory_order order, std::memory_order failing,
           bool (*fn)(void*, word&), void* arg);
  int id_;
};

// ghost is a variable of the checker: no step, known to all threads at once.
class ghost {
 public:
  explicit ghost(word init);
  ghost(const ghost&) = delete;
  ghost& operator=(const ghost&) = delete;
  word get() const;
  void set(word value);

 private:
  int id_;
};

void heavy();

// full is a full fence of the calling thread.
void full();

// spin says that the thread would load again what it loaded last, until it reads
// another value: it goes on when there is one.
// A spinner that would also give up after a time, a choice made before (flip()),
// waits by nap(): that none of the others goes on is no fault then.
void spin();
void nap();

// flip is a choice of whatever the program cannot know.
bool flip();

// self is the calling thread's number.
std::size_t self();

// raise sends thread i its signal; execution::handlers has what it does.
void raise(std::size_t i);

// forget says that the thread knows nothing any more of what it has read, but only
// that it stands at `place`, a number of the program's own: states that differ
// in no more than its past are one.
void forget(word place);
word place();

// reached notes that an execution got somewhere: report::reached has bit n.
void reached(unsigned n);

// fail ends the execution as a violation.
[[noreturn]] void fail(const char* why);

inline void require(bool holds, const char* why) {
  if (!holds) fail(why);
}

// execution is one run of the program: its threads, and what has to hold when
// all have ended. Threads own nothing on their stacks: they may be dropped.
struct execution {
  std::vector<std::function<void()>> threads;
  std::function<void()> atend;
  std::vector<std::function<void()>> handlers;  // one for each thread, or none
  // A hash of what else is in the program's state: memory that a lock guards.
  std::function<word()> rest;
};

struct report {
  bool violated = false;
  std::string why;  // with the steps that led there
  std::size_t states = 0;
  std::size_t executions = 0;
  word reached = 0;
};

// explore searches until the first violation, or through all that is possible.
// setup makes the program anew for each execution.
report explore(memory how, const std::function<execution()>& setup);

}  // namespace model
