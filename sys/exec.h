// sys/exec.h - starting another program.
//
// The child shares the caller's memory until it is the other program, and the
// caller's thread stands still meanwhile: nothing is copied, and what goes wrong in
// the child is told in the plan.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

enum class execstep : std::int32_t {
  none,
  group,
  folder,
  descriptors,
  exec,
  signals,  // handlers reset, none blocked
};

struct execplan {
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  const char* folder = nullptr;  // null: the caller's
  int fds[3] = {-1, -1, -1};     // what become 0, 1, 2; all >= 0
  int group = -1;                // of processes; 0: one of its own; -1: ours

  // Results.
  int pidfd = -1;  // closed on exec; -1: the system has none
  execstep failed = execstep::none;
  int error = 0;  // errno, of the step that failed
};

// execspawn starts the plan's program, on stack[0, bytes) until it is that: with
// default handlers for what the caller handles, no signal blocked, and the
// caller's other descriptors but for those that are closed on exec.
//
// Context  a thread that may block; nobody changes the plan meanwhile.
// Returns  the process's id, or -errno if there is none. If a step in the child
//          has failed there is one, which has ended and must be waited for. The mask
//          is as it was, or the process has ended (sys/refused.h).
std::int64_t execspawn(execplan& plan, void* stack, std::size_t bytes) noexcept;

// pidfdkill sends sig to the process that pidfd stands for.
std::int64_t pidfdkill(int pidfd, int sig) noexcept;

}  // namespace burrow::sys
