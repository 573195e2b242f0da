// tests/progs/forker.cc - forks from a goroutine, beside others.
//
//   forker exec|exit|try|wait     what the child does

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string_view>

#include "burrow/burrow.h"

namespace {

int child(std::string_view what, const burrow::chan<int>& c) {
  if (what == "exec") ::execlp("sh", "sh", "-c", "exit 5", nullptr);
  if (what == "exit") return 6;
  if (what == "try") {  // needs nobody else
    c.try_recv();
    return c.try_send(1) ? 7 : 8;
  }
  burrow::sleep_for(std::chrono::milliseconds(1));
  return 9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 99;
  return burrow::run([what = std::string_view(argv[1])] {
    burrow::wait_group wg;
    auto busy = burrow::make_chan<int>();
    wg.go([busy] {
      for (int v : busy) (void)v;
    });
    wg.go([busy] {
      for (int i = 0; i < 1000; ++i) busy.send(i);
      busy.close();
    });
    burrow::yield();
    auto c = burrow::make_chan<int>(1);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(child(what, c));
    wg.wait();
    int status = 0;
    burrow::blocking([&] { return ::waitpid(pid, &status, 0); });
    std::printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  });
}
