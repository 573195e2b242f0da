// tests/progs/oldkernel.cc - child processes where the system lacks what they are
// awaited with.
//
//   oldkernel nopidfd|nokill|unwatched|nospace
//
// A filter makes system calls fail as an older kernel's would. Prints what went
// right; 77: there are no filters here.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <system_error>

#include "burrow/burrow.h"

namespace {

using namespace std::chrono_literals;
using burrow::exec::command;

// Calls of number nr fail with err, if their i-th argument has one of `bits` or, bits
// being 0, equals `value`.
bool refuse(unsigned nr, unsigned i, unsigned bits, unsigned value,
            unsigned err) {
  const auto arg =
      static_cast<unsigned>(offsetof(seccomp_data, args) + i * sizeof(__u64));
  const sock_filter test =
      bits != 0 ? sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1)
                : sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg),
      test,
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog prog{sizeof code / sizeof *code, code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

bool filter(std::string_view mode) {
  constexpr unsigned kPidfd = 0x1000, kAdd = 1;
  if (mode == "nopidfd") return refuse(SYS_clone, 0, kPidfd, 0, EINVAL);
  if (mode == "nokill") return refuse(SYS_pidfd_send_signal, 3, 0, 0, ENOSYS);
  if (mode == "unwatched") return refuse(SYS_epoll_ctl, 1, 0, kAdd, EPERM);
  return refuse(SYS_epoll_ctl, 1, 0, kAdd, ENOSPC);
}

void children() {
  command c{"sh", "-c", "exit 7"};
  std::printf("exit %d\n", c.run().exit_code);
  command k{"sleep", "60"};
  k.start();
  burrow::go([&] { k.kill(SIGTERM); });
  std::printf("signal %d\n", k.wait().signal);
  auto [ctx, cancel] = burrow::with_timeout(burrow::background(), 20ms);
  command t{ctx, "sleep", "60"};
  std::printf("signal %d\n", t.run().signal);
  cancel();
  int pid = 0;
  {
    command left{"true"};
    left.start();
    pid = left.pid();
  }
  while (::kill(pid, 0) == 0) burrow::sleep_for(1ms);
  burrow::wait_group wg;
  for (int i = 0; i < 20; i++)
    wg.go([] {
      command s{"sleep", "0.01"};
      if (!s.run().success()) std::printf("failed\n");
    });
  wg.wait();
  std::printf("no zombie\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 99;
  const std::string_view mode = argv[1];
  if (!filter(mode)) return 77;
  return burrow::run([mode] {
    children();
    if (mode != "nospace") return;
    try {
      burrow::pipe();
    } catch (const std::system_error& e) {
      std::printf("%s\n", e.what());
    }
  });
}
