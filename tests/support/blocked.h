// tests/support/blocked.h - a signal that the calling thread blocks for a scope.
#pragma once

#include <signal.h>

namespace burrow::testsupport {

struct blocked {
  sigset_t old;
  explicit blocked(int sig) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_BLOCK, &set, &old);
  }
  ~blocked() { pthread_sigmask(SIG_SETMASK, &old, nullptr); }
  blocked(const blocked&) = delete;
  blocked& operator=(const blocked&) = delete;
};

}  // namespace burrow::testsupport
