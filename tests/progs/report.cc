// tests/progs/report.cc - programs that end, or are dumped, at a bad moment: the
// thread is in malloc, in the loader, in a report. The argument says which.

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "burrow/burrow.h"
#include "burrow/debug.h"

namespace prog {

using namespace burrow;
using namespace std::chrono_literals;

void quitlater(useconds_t us) {
  std::thread([tid = gettid(), us] {
    usleep(us);
    tgkill(getpid(), tid, SIGQUIT);
  }).detach();
}

// The C library finds the mistake, and ends the program, with its lock held.
[[gnu::noinline]] void freestwice() {
  void* blocks[40];
  for (auto& b : blocks) b = std::malloc(3000);
  std::free(blocks[10]);
  void* volatile again = blocks[12];
  std::free(again);
  std::free(again);
  asm volatile("");  // no tail call: the trace shall have this frame
}

void quitsinmalloc() {
  lock_os_thread();
  std::atomic<bool> waits{false};
  go(go_options{.name = "waiter"}, [&waits] {
    waits = true;
    make_chan<int>().recv();
  });
  bool asked = false;
  void* volatile p[64] = {};
  for (auto x = static_cast<unsigned>(getpid());;) {
    x = x * 1103515245 + 12345;
    const unsigned i = x >> 16 & 63;
    std::free(p[i]);
    p[i] = std::malloc(1500 + (x >> 8) % 6000);
    if (asked || !waits) continue;
    asked = true;
    quitlater(10'000 + static_cast<useconds_t>(getpid()) % 7000);
  }
}

void quitsinstack() {
  lock_os_thread();
  quitlater(3000);
  for (;;) debug::stack();
}

void quitsbesidestack() {
  lock_os_thread();
  std::atomic<bool> in{false};
  go([&in] {
    for (in = true;;) debug::stack();
  });
  while (!in) usleep(10);
  usleep(4000);
  tgkill(getpid(), gettid(), SIGQUIT);
  sleep_for(60s);
}

void quitsindump() {
  lock_os_thread();
  const int fd = open("/dev/null", O_WRONLY);
  for (int i = 0; i < 300; i++) go([] { make_chan<int>().recv(); });
  quitlater(100'000);
  for (;;) debug::dump_goroutines(fd);
}

// On a thread that has the loader's lock, for which a dump waits.
void quitsinloader() {
  std::atomic<int> step{0};
  std::thread t([&step] {
    dl_iterate_phdr(
        [](dl_phdr_info*, std::size_t, void* arg) {
          auto& s = *static_cast<std::atomic<int>*>(arg);
          s = 1;
          while (s != 2) usleep(100);
          usleep(100'000);
          tgkill(getpid(), gettid(), SIGQUIT);
          return 1;
        },
        &step);
  });
  while (step != 1) yield();
  go([] { sleep_for(1h); });
  step = 2;
  debug::dump_goroutines(open("/dev/null", O_WRONLY));
  t.join();
}

// Walking the stack faults: the frame pointer is not what the compiler says.
[[gnu::noinline]] void wrongframe() {
  volatile int n = 100;
  auto* volatile at = static_cast<char*>(__builtin_alloca(n));
  at[0] = 1;
#if defined(__x86_64__)
  asm volatile(
      "push %%rbp; mov $0x1234567000, %%rax; mov %%rax, %%rbp; 1: jmp 1b; "
      "pop %%rbp" ::
          : "rax", "memory");
#elif defined(__i386__)
  asm volatile("push %%ebp; mov $0x1234, %%ebp; 1: jmp 1b; pop %%ebp" ::
                   : "memory");
#elif defined(__aarch64__)
  asm volatile(
      "str x29, [sp, #-16]!; mov x29, #0x1234; 1: b 1b; ldr x29, [sp], #16" ::
          : "memory");
#endif
}

void dumpswrongframe() {
  std::atomic<bool> in{false};
  go(go_options{.name = "wrong"}, [&in] {
    in = true;
    wrongframe();
  });
  while (!in) yield();
  sleep_for(30ms);
  for (int i = 0; i < 3; i++) debug::dump_goroutines(1);
  std::puts("alive");
  std::fflush(stdout);
  _exit(0);
}

void quitswrongframe() {
  std::atomic<bool> in{false};
  go(go_options{.name = "wrong"}, [&in] {
    in = true;
    wrongframe();
  });
  while (!in) yield();
  usleep(30'000);
  tgkill(getpid(), gettid(), SIGQUIT);
  sleep_for(60s);
}

// Thirty goroutines in a system call, whose threads do not say where they are.
void dumpsdeaf() {
  static int never[2];
  if (pipe(never) != 0) std::abort();
  static std::atomic<int> in{0};
  for (int i = 0; i < 30; i++)
    go([] {
      in++;
      char c;
      while (read(never[0], &c, 1) != 1) {
      }
    });
  while (in < 30) sleep_for(1ms);
  const auto start = std::chrono::steady_clock::now();
  debug::dump_goroutines(open("/dev/null", O_WRONLY));
  const auto took = std::chrono::steady_clock::now() - start;
  std::printf("%d\n", static_cast<int>(took / 1ms));
  std::fflush(stdout);
  _exit(0);
}

const std::map<std::string, void (*)()> kPrograms = {
    {"freestwice", freestwice},
    {"quitsinmalloc", quitsinmalloc},
    {"quitsinstack", quitsinstack},
    {"quitsbesidestack", quitsbesidestack},
    {"quitsindump", quitsindump},
    {"quitsinloader", quitsinloader},
    {"dumpswrongframe", dumpswrongframe},
    {"quitswrongframe", quitswrongframe},
    {"dumpsdeaf", dumpsdeaf},
};

}  // namespace prog

// The second argument is what is done with SIGURG.
int main(int argc, char** argv) {
  if (argc < 2) return 3;
  const std::string urg = argc > 2 ? argv[2] : "";
  if (urg == "handler") std::signal(SIGURG, [](int) {});
  if (urg == "blocked") {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGURG);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  const auto f = prog::kPrograms.at(argv[1]);
  burrow::run([f] {
    burrow::wait_group wg;
    wg.go(f);
    wg.wait();
  });
  return 0;
}
