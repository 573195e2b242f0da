// tests/progs/sigcase.cc - signals in a situation that needs a program of its
// own: sigcase NAME; the names are in the table at the end.

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/os/osproc.h"
#include "sys/os.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;

// SIGINT beside stop: it comes, or ends the process.
int atomicstop() {
  return run([] {
    for (int i = 0; i < 50; i++) {
      auto c = make_chan<int>(1);
      signals::notify(c, {SIGINT});
      wait_group wg;
      wg.go([c] { signals::stop(c); });
      if (i % 2 == 1) yield();
      kill(getpid(), SIGINT);
      bool lost = false;
      select(recv(c), recv(after(5s), [&lost] { lost = true; }));
      if (lost) std::printf("lost in round %d\n", i);
      wg.wait();
    }
  });
}

// SIGTERM is taken by sigtimedwait alone, but while somebody is notified.
int pends() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const auto take = [&set](const char* when) {
    kill(getpid(), SIGTERM);
    const timespec none{0, 0};
    if (sigtimedwait(&set, nullptr, &none) != SIGTERM)
      std::printf("not pending %s\n", when);
  };
  for (int i = 0; i < 20; i++) {
    run([&take] {
      auto c = make_chan<int>(1);
      signals::notify(c, {SIGTERM});
      kill(getpid(), SIGTERM);
      c.recv();
      signals::stop(c);
      take("after stop");
      signals::notify(c, {SIGTERM});
      signals::reset();
      take("after reset");
      signals::notify(c, {SIGTERM});
    });
    take("after the run");
  }
  std::printf("alive\n");
  return 0;
}

int threads() {
  int n = 0;
  for (const auto& t : std::filesystem::directory_iterator("/proc/self/task")) {
    (void)t;
    n++;
  }
  return n;
}

// The very first notify, of four threads at once.
template <class F>
void atonce(F f) {
  std::atomic<int> ready{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 4; i++)
    all.emplace_back([&] {
      auto c = make_chan<int>(1);
      ready++;
      while (ready < 4) {
      }
      f(c);
    });
  for (std::thread& t : all) t.join();
}

int first() {
  return run(
      [] {
        const int before = threads();
        atonce([](const chan<int>& c) { signals::notify(c, {SIGUSR1}); });
        // Those that have ended may be seen for a moment still.
        for (int i = 0; i < 100 && threads() > before + 1; i++)
          std::this_thread::sleep_for(5ms);
        std::printf("%d more\n", threads() - before);
      },
      {.maxprocs = 1});
}

int nothread() {
  return run(
      [] {
        rt::newosproc_fail_after = 0;
        std::atomic<int> refused{0};
        atonce([&refused](const chan<int>& c) {
          try {
            signals::notify(c, {SIGUSR1});
          } catch (const std::system_error&) {
            refused++;
          }
        });
        std::printf("%d refused\n", refused.load());
        rt::newosproc_fail_after = -1;
        auto c = make_chan<int>(1);
        signals::notify(c, {SIGUSR1});
        kill(getpid(), SIGUSR1);
        if (c.recv() == SIGUSR1) std::printf("then delivered\n");
      },
      {.maxprocs = 1});
}

// The C library asks every thread that it knows by a signal of its own.
int setids() {
  return run([] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGUSR1});
    sleep_for(10ms);
    std::printf("%d\n", setuid(getuid()));
  });
}

struct faultsatend {
  // 0, or an address that nobody has, which the compiler does not see.
  std::uintptr_t touched = 0;
  ~faultsatend() {
    if (touched != 0) *reinterpret_cast<volatile int*>(touched) = 1;
  }
};
thread_local faultsatend dies;

// A thread_local object that faults when a locked goroutine's thread ends.
int threadend() {
  return run([] {
    lock_os_thread();
    go([] {
      lock_os_thread();
      dies.touched = 8;
    });
    sleep_for(10s);
    std::printf("main goes on\n");
  });
}

void blockurg() {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGURG);
  pthread_sigmask(SIG_BLOCK, &s, nullptr);
}

[[noreturn]] void dumpbesideahog() {
  std::atomic<bool> in{false};
  go([&in] {
    in = true;
    for (volatile int x = 0;;) x = x + 1;
  });
  while (!in) yield();
  debug::dump_goroutines(open("/dev/null", O_WRONLY));
  std::printf("dumped\n");
  _exit(0);
}

// A goroutine that computes, and whose thread does not answer to SIGURG.
int dumphog() {
  return run(
      [] {
        lock_os_thread();
        dumpbesideahog();
      },
      {.maxprocs = 2});
}

int urgblocked() {
  blockurg();
  return dumphog();
}

int urghandled() {
  std::signal(SIGURG, [](int) {});
  return dumphog();
}

// As on a kernel that has the old barrier only.
int urgglobal() {
  blockurg();
  run([] {});
  return run([] {
    if (sys::membarrier_force(sys::barrierkind::global) < 0) {
      std::printf("no such barrier\n");
      return;
    }
    dumpbesideahog();
  });
}

// Job control: what a shell sees of a child that does `f` in a run.
template <class F>
void child(const char* what, F f) {
  std::printf("%s:", what);
  const pid_t pid = fork();
  if (pid == 0) _exit(run([&f] { f(); }));
  for (int status;;) {
    waitpid(pid, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) {
      std::printf(" exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
      return;
    }
    std::printf(" stopped by %s,", strsignal(WSTOPSIG(status)));
    kill(pid, SIGCONT);
  }
}

int jobcontrol() {
  child("unasked", [] { kill(getpid(), SIGTSTP); });
  child("notified", [] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGTSTP});
    kill(getpid(), SIGTSTP);
    c.recv();
  });
  child("after stop", [] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGTSTP});
    signals::stop(c);
    kill(getpid(), SIGTSTP);
  });
  child("told of its going on", [] {
    auto c = make_chan<int>(1);
    signals::notify(c, {SIGCONT});
    kill(getpid(), SIGSTOP);
    c.recv();
  });
  return 0;
}

int ignoredfault() {
  return run([] {
    signals::ignore();
    for (int sig : {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGSYS})
      kill(getpid(), sig);
    sleep_for(20ms);
    std::printf("lives\n");
#if defined(__aarch64__)
    asm volatile("udf #0");
#else
    asm volatile("ud2");
#endif
  });
}

// At no moment between notify and ignore does SIGINT end the process.
int ignorestorm() {
  std::signal(SIGINT, SIG_IGN);
  run([] {
    std::atomic<bool> end{false};
    std::thread storm([&end] {
      while (!end) kill(getpid(), SIGINT);
    });
    auto c = make_chan<int>(1);
    for (int i = 0; i < 2000; i++) {
      signals::notify(c, {SIGINT});
      signals::ignore({SIGINT});
    }
    end = true;
    storm.join();
  });
  std::printf("alive\n");
  return 0;
}

constexpr struct {
  const char* name;
  int (*main)();
} kCases[] = {
    {"atomicstop", atomicstop},
    {"first", first},
    {"ignoredfault", ignoredfault},
    {"ignorestorm", ignorestorm},
    {"jobcontrol", jobcontrol},
    {"nothread", nothread},
    {"pends", pends},
    {"setids", setids},
    {"threadend", threadend},
    {"urgblocked", urgblocked},
    {"urgglobal", urgglobal},
    {"urghandled", urghandled},
};

}  // namespace

int main(int argc, char** argv) {
  const rlimit nocore{0, 0};
  setrlimit(RLIMIT_CORE, &nocore);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  for (const auto& c : kCases)
    if (argc == 2 && std::strcmp(argv[1], c.name) == 0) return c.main();
  return 3;
}
