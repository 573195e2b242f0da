// tests/progs/crash.cc - programs that end badly; the argument says how.

#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include "burrow/burrow.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;

__attribute__((noinline)) void blockonreceive(chan<int> c) {
  c.recv();
  asm volatile("");  // no tail call: the trace shall have this frame
}

void deadlock() {
  auto c = make_chan<int>();
  go(go_options{.name = "worker"}, [c] { blockonreceive(c); });
  wait_group wg;
  wg.add(1);
  wg.wait();
}

void selfdeadlock() {
  mutex mu;
  mu.lock();
  mu.lock();
}

void lockeddeadlock() {
  lock_os_thread();
  make_chan<int>().recv();
}

// The last thread that is awake ends, with its locked goroutine.
void deadlockatexit() {
  lock_os_thread();
  go([] {
    lock_os_thread();
    const auto end = std::chrono::steady_clock::now() + 100ms;
    while (std::chrono::steady_clock::now() < end) {
    }
  });
  make_chan<int>().recv();
}

void timerthendeadlock() {
  sleep_for(5ms);
  make_chan<int>().recv();
}

void goexitmain() {
  go([] { sleep_for(1ms); });
  goexit();
}

void goexitmaindeadlock() {
  go([] { make_chan<int>().recv(); });
  goexit();
}

__attribute__((noinline)) void thrower(int n) {
  if (n == 0) throw std::runtime_error("boom");
  thrower(n - 1);
  std::puts("");  // no tail call
}

void panics() {
  go(go_options{.name = "thrower"}, [] { thrower(3); });
  sleep_for(1h);
}

void panicsmain() { throw std::logic_error("in main"); }

void panicsafterpark() {
  go([] {
    for (int i = 0; i < 10; i++) yield();
    thrower(1);
  });
  sleep_for(1h);
}

void unlocked() {
  mutex mu;
  mu.unlock();
}

void swallow() {
  go([] {
    try {
      goexit();
    } catch (...) {
    }
  });
  sleep_for(1h);
}

}  // namespace

int main(int, char** argv) {
  const std::map<std::string, void (*)()> cases = {
      {"deadlock", deadlock},
      {"selfdeadlock", selfdeadlock},
      {"lockeddeadlock", lockeddeadlock},
      {"deadlockatexit", deadlockatexit},
      {"timerthendeadlock", timerthendeadlock},
      {"goexitmain", goexitmain},
      {"goexitmaindeadlock", goexitmaindeadlock},
      {"panics", panics},
      {"panicsmain", panicsmain},
      {"panicsafterpark", panicsafterpark},
      {"unlocked", unlocked},
      {"swallow", swallow},
  };
  return burrow::run(cases.at(argv[1]));
}
