// runtime/sched/env.h - what the environment asks for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sys/poller.h"

namespace burrow::rt {

// Of BURROW_DEBUG: comma-separated name=value. Atomic, since run reads the
// environment while sysmon, which outlives runs, looks at them. All accesses are
// relaxed: each is a switch of its own, and carries nothing.
struct debugvars {
  std::atomic<std::int64_t> schedtracems{0};  // schedtrace=MS; 0: off
  std::atomic<bool> scheddetail{false};       // scheddetail=1
  std::atomic<bool> asyncpreemptoff{false};   // asyncpreemptoff=1
  std::atomic<bool> sigretake{false};         // sigretake=1
  std::atomic<bool> chaos{false};             // chaos=SEED
  std::atomic<std::int64_t> maxhogs{1000};    // maxhogs=N
  std::atomic<bool> allps{false};             // allps=1
  std::atomic<std::int64_t> pollspin{5'000};  // pollspin=US, here in ns
  std::atomic<std::uint64_t> chaosseed{0};
  std::atomic<sys::pollkind> netpoll{sys::pollkind::standard};  // netpoll=KIND
};
extern debugvars debugvar;

struct environment {
  int maxprocs = 0;           // BURROW_MAXPROCS; 0: not given
  std::size_t stacksize = 0;  // BURROW_STACK_SIZE in bytes; 0: not given
};

// readenv reads BURROW_MAXPROCS, BURROW_STACK_SIZE, BURROW_DEBUG (into debugvar)
// and BURROW_TRACEBACK. What does not parse is said in one line on stderr, and
// counts as not given.
//
// Context  any; run calls it.
environment readenv() noexcept;

// defaultprocs is the number of processors that this process may use: its
// affinity, and the cgroup's quota rounded up (at least 1).
int defaultprocs() noexcept;

}  // namespace burrow::rt
