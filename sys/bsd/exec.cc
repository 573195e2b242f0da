// sys/bsd/exec.cc - sys/exec.h by vfork.
//
// As in sys/linux/exec.cc the child runs in the caller's memory, so that no handler
// of the caller's may run in it: all signals are blocked around the call, and
// unblocked in the child only when every handler has been reset. The child has its
// own table of handlers and of descriptors.

#include "sys/exec.h"

#include <csignal>

#include "asm/bsd.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"
#include "sys/refused.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr int kSetfd = 2;
constexpr int kLastsig = 31;

// Ignored signals stay ignored, as nohup wants it. Returns  0 or -errno.
std::int64_t resethandlers() noexcept {
  for (int sig = 1; sig <= kLastsig; sig++) {
    sigdisp d;
    if (sigtab(sig).flags == 0) continue;  // nobody can catch it
    if (const std::int64_t r = getsig(sig, &d); r < 0) return r;
    if (d.handler == kSigdfl || d.handler == kSigign) continue;
    if (const std::int64_t r = setsig(sig, {}, nullptr); r < 0) return r;
  }
  return 0;
}

// Moves fds[0..2] to 0, 1, 2. One that is in the way of another is moved out of it
// first.
std::int64_t placedescriptors(const int* fds) noexcept {
  std::int64_t from[3];
  for (int i = 0; i < 3; i++) {
    from[i] = fds[i];
    if (from[i] < i)
      from[i] = syscall(kernel::kFcntl, fds[i], kernel::kDupfdCloexec, 3);
    if (from[i] < 0) return from[i];
  }
  for (int i = 0; i < 3; i++) {
    // dup2 of a descriptor to itself leaves its close-on-exec flag.
    const std::int64_t r = from[i] == i ? syscall(kernel::kFcntl, i, kSetfd, 0)
                                        : syscall(kernel::kDup2, from[i], i);
    if (r < 0) return r;
  }
  return 0;
}

std::int64_t prepare(execplan& p, execstep& step) noexcept {
  step = execstep::signals;
  if (const std::int64_t r = resethandlers(); r < 0) return r;
  step = execstep::group;
  if (p.group >= 0)
    if (const std::int64_t r = syscall(kernel::kSetpgid, 0, p.group); r < 0)
      return r;
  step = execstep::folder;
  if (p.folder != nullptr)
    if (const std::int64_t r = syscall(kernel::kChdir, p.folder); r < 0)
      return r;
  step = execstep::descriptors;
  return placedescriptors(p.fds);
}

// In the child.
void child(void* arg) noexcept {
  auto& p = *static_cast<execplan*>(arg);
  constexpr std::uint64_t kNone = 0;
  execstep step;
  std::int64_t r = prepare(p, step);
  if (r >= 0) {
    step = execstep::signals;
    r = sigmask_restore(&kNone);
  }
  if (r >= 0) {
    step = execstep::exec;
    r = syscall(kernel::kExecve, p.path, p.argv, p.envp);
  }
  p.error = static_cast<int>(-r);
  p.failed = step;
  exitprocess(127);
}

void entry(void* arg) { child(arg); }

}  // namespace

std::int64_t execspawn(execplan& p, void* stack, std::size_t bytes) noexcept {
  auto top = (reinterpret_cast<std::uintptr_t>(stack) + bytes) / 16 * 16 - 16;
  std::uint64_t mask;
  p.pidfd = -1;
  if (const std::int64_t r = sigmask_all(&mask); r < 0) return r;
  const std::int64_t pid =
      burrow_vfork(reinterpret_cast<void*>(top), entry, &p);
  unmask(&mask);
  return pid;
}

}  // namespace burrow::sys
