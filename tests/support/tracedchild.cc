// tests/support/tracedchild.cc - what both ways of tests/support/tracedcalls.h share.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "asm/asm.h"
#include "tests/support/tracedcalls.h"

namespace burrow::testsupport {

std::string cannottrace() {
  const tracedrun r = tracecalls(
      [] {
        tracemark();
        tracemark();
        burrow_syscall6(SYS_getppid, 0, 0, 0, 0, 0, 0);
        tracemark();
      },
      {SYS_getppid, 0, 0}, ENOSYS);
  return r.injected == 1 && r.status == 0 ? "" : "calls cannot be failed here";
}

void tracedstart(int outfd) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(outfd, 1);
  ::dup2(outfd, 2);
  ::close(outfd);
}

std::string tracedoutput(int outfd) {
  std::string text;
  char bytes[4096];
  ::lseek(outfd, 0, SEEK_SET);
  for (ssize_t n; (n = ::read(outfd, bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(n));
  ::close(outfd);
  return text;
}

}  // namespace burrow::testsupport
