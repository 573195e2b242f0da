// bench/scaling/engine.h - simulated processors: threads, time, cache lines.
//
// A simulated thread is a context with a clock of its own, in picoseconds. Each
// access to shared memory, each system call and each computation moves that clock;
// before each access the thread with the earliest clock goes on (ties: the lowest
// number). So everything happens in one order that depends on nothing but the program
// and its seed.
//
// Each thread has a core of its own. A cache line (64 bytes, by its address) is
// owned by one core, or shared by some. A load of a line that the core does not have,
// and a store to one that it does not own alone, is a transfer; transfers of one line
// wait for each other, and a store's is waited for at the next fence or locked
// instruction only (a store buffer without a bound).
//
// Rejected: to model the protocol by hand, step by step. The code that runs here is
// the runtime's own, compiled with another std::atomic (shadow.h), and cannot drift.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sim {

using picos = std::int64_t;
inline constexpr picos kNs = 1000, kUs = 1000 * kNs;
inline constexpr int kMaxCores = 320;

// What things cost. docs/scaling.md has where the figures are from.
struct costs {
  picos hit = kNs / 2;          // an access to a line that the core has
  picos near = 60 * kNs;        // a transfer within a socket
  picos far = 130 * kNs;        // ... from another
  picos memory = 90 * kNs;      // the first touch of a line
  picos locked = 5 * kNs;       // a locked instruction, a fence
  picos pause = 10 * kNs;       // one turn of procyield
  picos clock = 20 * kNs;       // reading the clock
  picos syscall = 300 * kNs;    // one that does nothing else
  picos wakecall = 1500 * kNs;  // what waking a thread costs the waker
  picos wakelate = 5 * kUs;     // ... until that runs
  picos sleepcall = 1 * kUs;    // going to sleep
  picos slack = 50 * kUs;       // a timer's lateness, unless somebody wakes it
  picos newthread = 15 * kUs;   // making one
  picos barrier =
      1500 * kNs;  // membarrier, and for each core that it interrupts
  picos barriercore = 40 * kNs;
  picos interrupt = 700 * kNs;  // what that core loses
  int socket = 64;              // cores of one
};

enum class access { load, store, locked };

// Counted since the last reset.
struct tally {
  std::uint64_t transfers = 0, contended = 0;
  picos waited = 0;          // of it for others' transfers of the same line
  std::uint64_t sleeps = 0;  // on a word in it
};

struct counts {
  std::vector<std::string> names;
  std::vector<tally> lines;  // by name
  std::uint64_t wakes = 0, sleeps = 0, barriers = 0, interrupts = 0,
                threads = 0, pauses = 0, polls = 0;
  picos busy = 0;      // computed by goroutines
  picos makespan = 0;  // when stop was called
  std::uint64_t steps = 0;
};

void setup(const costs& c);

// name has the lines of [at, at + bytes) counted under that name.
void name(const char* what, const void* at, std::size_t bytes);

// start makes a thread that begins now, or after a delay.
int start(void (*fn)(void*), void* arg, picos delay);

// run goes on until stop.
void run();
void stop();
bool running();

// ---- By simulated threads ----

int self();   // its number; -1 outside
picos now();  // of the calling thread
void touch(const void* at, access how);
void fence();
// While quiet is true the calling thread's accesses cost nothing: for who watches.
void quiet(bool on);
void work(picos cost);
void compute(picos cost);  // work that a goroutine does
void pause(int turns);
void barrier();
// False: the word was not val, or the time is over. exact: no timer tells that.
bool sleepon(const void* addr, bool stillval, picos most, bool exact = false);
int wake(const void* addr, int most);
void nap(picos time, bool exact = false);

void* self_data();
void set_self_data(void* what);

counts& counted();
const costs& cost();
void* arena(std::size_t bytes);  // zeroed, page-aligned, the same in each run

[[noreturn]] void fail(const char* why);

}  // namespace sim
