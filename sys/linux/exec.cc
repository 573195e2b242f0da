// sys/linux/exec.cc - sys/exec.h by clone(CLONE_VM | CLONE_VFORK).
//
// The child runs in the caller's memory. So no handler of the caller's may run in
// it: all signals are blocked around the clone, and unblocked in the child only
// when every handler has been reset. (The child has its own table of handlers and
// of descriptors; those of the caller do not change.)
//
// Rejected: fork. It copies the page tables of the whole process, and the caller's
// other threads fault on every page that they write to meanwhile.

#include "sys/exec.h"

#include <cerrno>
#include <csignal>

#include "asm/asm.h"
#include "sys/linux/syscall.h"
#include "sys/os.h"
#include "sys/refused.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::uintptr_t kVm = 0x100, kPidfd = 0x1000, kVfork = 0x4000;
constexpr int kSetfd = 2, kDupfdCloexec = 1030;

// Ignored signals stay ignored, as nohup wants it. Returns  0 or -errno.
std::int64_t resethandlers() noexcept {
  for (int sig = 1; sig <= kSigmax; sig++) {
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
    if (from[i] < i) from[i] = syscall(nr::fcntl, fds[i], kDupfdCloexec, 3);
    if (from[i] < 0) return from[i];
  }
  for (int i = 0; i < 3; i++) {
    // dup3 refuses to do nothing.
    const std::int64_t r = from[i] == i ? syscall(nr::fcntl, i, kSetfd, 0)
                                        : syscall(nr::dup3, from[i], i, 0);
    if (r < 0) return r;
  }
  return 0;
}

std::int64_t prepare(execplan& p, execstep& step) noexcept {
  step = execstep::signals;
  if (const std::int64_t r = resethandlers(); r < 0) return r;
  step = execstep::group;
  if (p.group >= 0)
    if (const std::int64_t r = syscall(nr::setpgid, 0, p.group); r < 0)
      return r;
  step = execstep::folder;
  if (p.folder != nullptr)
    if (const std::int64_t r = syscall(nr::chdir, p.folder); r < 0) return r;
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
    r = syscall(nr::execve, p.path, p.argv, p.envp);
  }
  p.error = static_cast<int>(-r);
  p.failed = step;
  exitprocess(127);
}

void entry(void* arg) { child(arg); }

std::int64_t clone(execplan& p, void* stack, std::size_t bytes,
                   std::uintptr_t flags) noexcept {
  auto top = (reinterpret_cast<std::uintptr_t>(stack) + bytes) / 16 * 16;
  return burrow_clone(
      flags | kVm | kVfork | SIGCHLD, reinterpret_cast<void*>(top),
      reinterpret_cast<std::uint32_t*>(&p.pidfd), nullptr, entry, &p);
}

}  // namespace

std::int64_t execspawn(execplan& p, void* stack, std::size_t bytes) noexcept {
  std::uint64_t mask;
  p.pidfd = -1;
  if (const std::int64_t r = sigmask_all(&mask); r < 0) return r;
  std::int64_t pid = clone(p, stack, bytes, kPidfd);
  // Before 5.2 the flag is unknown: ignored, or an error.
  if (pid == -EINVAL) pid = clone(p, stack, bytes, 0);
  unmask(&mask);
  return pid;
}

std::int64_t pidfdkill(int pidfd, int sig) noexcept {
  return syscall(nr::pidfd_send_signal, pidfd, sig, nullptr, 0);
}

}  // namespace burrow::sys
