// tests/support/tracedcalls.h - a child whose system calls are seen, and can be made
// to fail, one of them.
//
// The child runs a function; between its second and its third mark (tracemark) what
// it calls is written down: so do threads and children that are born there, until they
// end or are another program. The one call that is to fail is not made: its result is
// the error. But close gives the descriptor back all the same, as Linux does.
//
// By ptrace (tracedcalls.cc), or by a gate in the program itself (gatedcalls.cc).
// Rejected: a seccomp filter, which fails every call of a number, not the third; and
// traps, for the handler's signal is blocked where it matters most.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace burrow::testsupport {

struct tracedcall {
  long nr = -1;
  int thread = 0;  // 0: the first one, 1: the first that was born, ...
  int before = 0;  // calls of that number by that thread
};

// What the child has.
struct tracedstate {
  std::uint64_t mask = 0;  // of the first thread
  std::size_t maps = 0, mapped = 0, descriptors = 0, threads = 0;
  int children = 0;  // not waited for
};

struct tracedrun {
  std::vector<tracedcall> calls;
  std::vector<tracedstate> marks;
  int injected = 0;
  int status = -1;     // as of wait
  std::string output;  // to 1 and 2
  std::string trouble;
};

// Why it cannot be done here; empty: it can.
std::string cannottrace();

void tracemark();  // in the child

// error: an errno for the call that fits; 0: none is to fail.
tracedrun tracecalls(const std::function<void()>& fn, const tracedcall& fail,
                     int error);

// For both ways (tracedchild.cc): the mark after which calls count; the child's masks,
// and its 1 and 2 into outfd; what has come there, which is closed.
inline constexpr std::size_t kCountsFrom = 2;
void tracedstart(int outfd);
std::string tracedoutput(int outfd);

}  // namespace burrow::testsupport
