// tests/progs/withuring.cc - runs a program with BURROW_DEBUG=netpoll=uring.
//
// Exits with 77, which meson takes for "skipped", where there is no io_uring.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "sys/poller.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  burrow::sys::poller p;
  const auto err = burrow::sys::pollopen(p, burrow::sys::pollkind::uring);
  if (err < 0) {
    std::printf("skipped: no io_uring here (errno %d)\n",
                static_cast<int>(-err));
    return 77;
  }
  // Its memory and its number go with exec.
  ::setenv("BURROW_DEBUG", "netpoll=uring", 1);
  ::execv(argv[1], argv + 1);
  std::perror(argv[1]);
  return 1;
}
