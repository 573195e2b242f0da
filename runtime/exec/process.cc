// runtime/exec/process.cc - waiting for children, and killing them.
//
// A pidfd becomes readable when its process ends, so one waits for it in the
// netpoller, as for a pipe. Where there is none a thread blocks in wait4.

#include "runtime/exec/process.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "burrow/syscalls.h"
#include "runtime/io/error.h"
#include "sys/exec.h"

namespace burrow::exec {

struct command::process::waiting {
  process* of;
  int status = 0;
  struct rusage usage {};
};

namespace {

// Blocks the thread until process pid has ended; it is not reaped.
void awaitend(int pid) {
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) !=
             0 &&
         errno == EINTR) {
  }
}

process_state stateof(int status, const struct rusage& usage) noexcept {
  process_state s;
  s.rusage = usage;
  if (WIFEXITED(status)) s.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) s.signal = WTERMSIG(status);
  return s;
}

}  // namespace

void command::process::kill(int sig) {
  const std::lock_guard hold(lock);
  if (reaped || pid == 0) return;
  if (const int n = pidfd.get(); n >= 0 && sys::pidfdkill(n, sig) != -ENOSYS)
    return;
  ::kill(pid, sig);
}

void command::process::leavecontext() {
  forget();
  forget = after_func_stop();
}

void command::process::watch(int n) noexcept {
  try {
    pidfd = rt::makefd(n, rt::ioway::polled, false);
  } catch (const std::exception&) {  // it is closed; reap() does without
  }
}

std::int64_t command::process::tryreap(waiting& w) {
  const std::lock_guard hold(lock);
  const syscalls::result a = syscalls::wait4(pid, &w.status, WNOHANG, &w.usage);
  const std::int64_t r = !a ? -a.error : a.value == 0 ? -EAGAIN : a.value;
  reaped = r != -EAGAIN;
  return r;
}

process_state command::process::reap() {
  waiting w{this};
  std::int64_t r = -EAGAIN;
  // Linux 5.2 has pidfds, but does not watch them.
  if (rt::descriptor* d = fd_access::of(pidfd);
      d != nullptr && d->pd != nullptr) {
    r = rt::descdo(
        d, rt::polldir::read,
        [](int, void* arg) {
          auto* of = static_cast<waiting*>(arg);
          return of->of->tryreap(*of);
        },
        &w);
  } else {
    while (r == -EAGAIN) {
      blocking([&] { awaitend(pid); });
      r = tryreap(w);
    }
  }
  if (r < 0) rt::throwio(nullptr, "wait", r);
  return stateof(w.status, w.usage);
}

}  // namespace burrow::exec
