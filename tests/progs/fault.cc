// tests/progs/fault.cc - programs that fault; the argument says how. Built
// twice: fault_catch with -fnon-call-exceptions, fault without.

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include "burrow/burrow.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;

volatile int zero = 0, sink = 0;
int* volatile null = nullptr;

struct cleanup {
  const char* text;
  ~cleanup() { std::printf("%s destroyed\n", text); }
};

__attribute__((noinline, no_sanitize("undefined"))) int deref(volatile int* p) {
  const cleanup c{"frame"};
  return *p;
}

__attribute__((noinline)) int divide(int a, int b) { return a / b; }

__attribute__((noinline)) int recurse(int n) {
  volatile char pad[200];
  pad[0] = static_cast<char>(n);
  return n < 0 ? 0 : recurse(n + 1) + pad[0];
}

__attribute__((noinline)) int largeframe(int n) {
  volatile char pad[1 << 20];
  pad[zero] = static_cast<char>(n);  // where: no compiler knows
  return pad[zero];
}

void report(const fault_error& e) {
  std::printf("caught %s, signal %d\n", e.what(), e.signal());
}

// What a goroutine survives, several times over, and with parking in handlers.
void catches() {
  for (int i = 0; i < 3; i++) {
    try {
      sink = deref(null);
    } catch (const memory_fault& e) {
      yield();
      report(e);
    }
    try {
      sink = divide(1, zero);
    } catch (const arithmetic_fault& e) {
      sleep_for(1us);
      report(e);
    }
    try {
      reinterpret_cast<void (*)()>(null)();
    } catch (const panic_error& e) {
      std::printf("caught %s\n", e.what());
    }
  }
}

void catchesbus() {
  char name[] = "/tmp/burrow-fault-XXXXXX";
  const int fd = mkstemp(name);
  unlink(name);
  void* at = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  try {
    std::printf("%d\n", *static_cast<volatile int*>(at));
  } catch (const memory_fault& e) {
    report(e);
  }
}

void faults() { sink = deref(null); }

// An address that no pointer can have: the processor does not say which.
void faultsnoncanonical() {
  sink = deref(reinterpret_cast<int*>(0x4141414141414141));
}

__attribute__((no_sanitize("undefined"))) void faultsinlibc() {
  char to[16];
  std::memcpy(to, null, 16 + static_cast<unsigned>(zero));
  std::printf("%d\n", to[3]);
}

void overflows() { sink = recurse(0); }

void overflowsinlargeframe() { sink = largeframe(0); }

void overflowssmall() {
  go(go_options{.name = "small", .stack_size = 16384},
     [] { sink = recurse(0); });
  sleep_for(60s);
}

void faultsonforeign() {
  std::thread([] { sink = deref(null); }).join();
}

void aborts() { std::abort(); }

void traps() { __builtin_trap(); }

__attribute__((noinline)) void hogs() {
  for (;;) asm volatile("");
}

void quits() {
  go(go_options{.name = "hog"}, hogs);
  go(go_options{.name = "waiter"}, [] { make_chan<int>().recv(); });
  sleep_for(50ms);
  kill(getpid(), SIGQUIT);
  sleep_for(60s);
}

// At the quit threads are being started, one for each call that blocks. Whoever goes
// on for long says so.
void quitsasthreadsstart() {
  static std::atomic<bool> quit{false};
  for (int i = 0; i < 50; i++)
    go([] {
      blocking([] {
        while (!quit) sched_yield();
        std::this_thread::sleep_for(300ms);
        (void)!write(1, "goes on\n", 8);
      });
    });
  blocking([] {
    std::this_thread::sleep_for(500us);
    quit = true;
    kill(getpid(), SIGQUIT);
    std::this_thread::sleep_for(60s);
  });
}

// The heap is broken: its lock is held by whoever finds that out.
void faultsinmalloc() {
  void* volatile blocks[64];
  for (auto& b : blocks) b = std::malloc(2000);
  for (auto& b : blocks) {  // what precedes a block is the heap's
    volatile char* at = static_cast<char*>(b) - 16;
    for (int i = 0; i < 64; i++) at[i] = '\xa5';
  }
  for (auto& b : blocks) std::free(b);
}

void writestobrokenpipe() {
  int fds[2];
  if (pipe(fds) != 0) std::abort();
  close(fds[0]);
  char c = 'x';
  const bool failed = write(fds[1], &c, 1) == -1;
  std::printf("write to a pipe %s\n", failed ? "failed" : "worked");
  std::fflush(stdout);
  dup2(fds[1], 1);
  [[maybe_unused]] const auto n = write(1, &c, 1);
  std::fprintf(stderr, "still alive\n");
}

const std::map<std::string, void (*)()> kPrograms = {
    {"catches", catches},
    {"catchesbus", catchesbus},
    {"faults", faults},
    {"faultsnoncanonical", faultsnoncanonical},
    {"faultsinlibc", faultsinlibc},
    {"overflows", overflows},
    {"overflowsinlargeframe", overflowsinlargeframe},
    {"overflowssmall", overflowssmall},
    {"faultsonforeign", faultsonforeign},
    {"aborts", aborts},
    {"traps", traps},
    {"quits", quits},
    {"quitsasthreadsstart", quitsasthreadsstart},
    {"faultsinmalloc", faultsinmalloc},
    {"writestobrokenpipe", writestobrokenpipe},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 3;
  const auto f = kPrograms.at(argv[1]);
  burrow::run([f] {
    wait_group wg;
    wg.go(f);
    wg.wait();
  });
  return 0;
}
