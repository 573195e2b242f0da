// runtime/exec/process.h - a child process, for the files of this folder.
#pragma once

#include "burrow/exec.h"
#include "burrow/sync.h"

namespace burrow::exec {

// process is shared by its command, by who kills it when a context ends, and by
// who waits for one that its command has left.
struct command::process {
  int pid = 0;
  fd pidfd;  // empty: the system has none
  after_func_stop forget;

  mutex lock;
  bool reaped = false;  // lock: pid may be another's
  bool waited = false;  // the command's

  void kill(int sig);

  // The context is not to kill it any more. It refers to this, and this to it:
  // without this call neither would go.
  void leavecontext();

  // Takes n over as pidfd, if it can be had.
  void watch(int n) noexcept;

  // Waits for the end, once. Throws std::system_error.
  process_state reap();

 private:
  struct waiting;
  std::int64_t tryreap(waiting& w);  // -EAGAIN: it runs
};

}  // namespace burrow::exec
