// tests/support/gatedcalls.cc - tests/support/tracedcalls.h by a gate of ours, where
// there is no ptrace: under an emulator of another processor.
//
// The program is linked with --wrap=burrow_syscall6 and --wrap=burrow_clone, through
// which all calls of sys/ go: so the C library's are not seen. What is seen is in
// memory that the child shares with the test; the child counts for itself what it has,
// without the heap. Whoever makes a call is known by its number in the kernel, since a
// thread that has just begun has nothing of its own.
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "asm/asm.h"
#include "tests/support/tracedcalls.h"

extern "C" {
std::intptr_t __real_burrow_syscall6(std::intptr_t, std::uintptr_t,
                                     std::uintptr_t, std::uintptr_t,
                                     std::uintptr_t, std::uintptr_t,
                                     std::uintptr_t) noexcept;
std::intptr_t __real_burrow_clone(std::uintptr_t, void*, std::uint32_t*, void*,
                                  void (*)(void*), void*) noexcept;
}

namespace burrow::testsupport {

namespace {

constexpr int kMost = 64, kMostCalls = 4096, kMostMarks = 8;

struct caller {
  std::atomic<long> tid{0};
  int who = 0;
  bool counts = false;
  long made[512] = {};
};

struct record {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  tracedcall fail;
  int error = 0, injected = 0;
  int ncalls = 0, nmarks = 0, born = 0, children = 0;
  bool birthcounts = false;  // of who makes the next one
  pid_t first = 0;
  caller callers[kMost];
  tracedcall calls[kMostCalls];
  tracedstate marks[kMostMarks];
};
record* shared;

long whoami() noexcept {
  return __real_burrow_syscall6(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

class holding {
 public:
  holding() noexcept {
    while (shared->busy.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~holding() { shared->busy.clear(std::memory_order_release); }
  holding(const holding&) = delete;
  holding& operator=(const holding&) = delete;
};

// Who calls; the first time, somebody who has been born. holding.
caller* callerof(long tid) noexcept {
  for (caller& c : shared->callers) {
    if (c.tid == tid) return &c;
    if (c.tid != 0) continue;
    c.tid = tid;
    if (tid != shared->first) {
      c.who = ++shared->born;
      c.counts = shared->birthcounts;
    }
    return &c;
  }
  return nullptr;
}

// Notes the call, and returns the error that it is to have; 0: none.
int enters(long nr, bool birth) noexcept {
  const long tid = whoami();
  const holding hold;
  caller* c = callerof(tid);
  if (c == nullptr || nr < 0 || nr >= 512) return 0;
  const bool counts =
      c->who == 0 ? shared->nmarks == static_cast<int>(kCountsFrom) : c->counts;
  if (birth) shared->birthcounts = counts;
  if (!counts) return 0;
  const auto before = static_cast<int>(c->made[nr]++);
  if (shared->ncalls < kMostCalls)
    shared->calls[shared->ncalls++] = {nr, c->who, before};
  if (shared->error == 0 || nr != shared->fail.nr ||
      c->who != shared->fail.thread || before != shared->fail.before)
    return 0;
  shared->injected++;
  return shared->error;
}

void childborn(int by) noexcept {
  if (whoami() != shared->first) return;
  const holding hold;
  shared->children += by;
}

int entries(const char* folder) noexcept {
  const int fd = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0));
  alignas(8) char room[2048];
  int n = 0;
  for (long got; (got = ::syscall(SYS_getdents64, fd, room, sizeof room)) > 0;)
    for (long at = 0; at < got; n++) {
      unsigned short size;
      std::memcpy(&size, room + at + 16, sizeof size);
      at += size;
    }
  ::close(fd);
  return n;
}

// Lines of /proc/self/maps, and the bytes that they are.
void mappings(tracedstate& s) noexcept {
  const int fd = ::open("/proc/self/maps", O_RDONLY);
  char room[1024];
  std::size_t value = 0, lo = 0;
  int field = 0;
  for (long got; (got = ::read(fd, room, sizeof room)) > 0;)
    for (long i = 0; i < got; i++) {
      const char ch = room[i];
      if (ch == '\n') {
        s.maps++;
        field = 0;
        value = 0;
      } else if (field == 0 && ch == '-') {
        lo = value;
        value = 0;
        field = 1;
      } else if (field == 1 && ch == ' ') {
        s.mapped += value - lo;
        field = 2;
      } else if (field < 2) {
        value = value * 16 +
                static_cast<std::size_t>(ch <= '9' ? ch - '0' : ch - 'a' + 10);
      }
    }
  ::close(fd);
}

tracedstate state() noexcept {
  tracedstate s;
  std::uint64_t mask = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &mask, sizeof mask);
  s.mask = mask;
  mappings(s);
  s.descriptors = static_cast<std::size_t>(entries("/proc/self/fd"));
  s.threads = static_cast<std::size_t>(entries("/proc/self/task"));
  s.children = shared->children;
  return s;
}

// Waits for the child; false: it did not end, and is killed.
bool await(pid_t pid, int* status) {
  constexpr int kPatience = 40'000;
  for (int i = 0; i < kPatience; i++) {
    if (::waitpid(pid, status, WNOHANG) == pid) return true;
    ::usleep(500);
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, status, 0);
  return false;
}

}  // namespace

// Threads that have ended are there until the kernel has noticed.
void tracemark() {
  tracedstate s = state();
  for (int i = 0;
       i < 300 && shared->nmarks > 0 && s.threads > shared->marks[0].threads;
       i++) {
    ::usleep(1000);
    s = state();
  }
  const holding hold;
  if (shared->nmarks < kMostMarks) shared->marks[shared->nmarks++] = s;
}

tracedrun tracecalls(const std::function<void()>& fn, const tracedcall& fail,
                     int error) {
  // The child's heap has room: else it may grow, and that would be left.
  constexpr int kRoom = 4 << 20;
  ::mallopt(M_TOP_PAD, kRoom);
  ::mallopt(M_TRIM_THRESHOLD, 2 * kRoom);
  static void* const made = std::malloc(kRoom / 64);
  if (made == nullptr) return {};
  void* room = ::mmap(nullptr, sizeof(record), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared = new (room) record;
  shared->fail = fail;
  shared->error = error;
  const int outfd = ::memfd_create("output", 0);
  tracedrun out;
  const pid_t pid = ::fork();
  if (pid == 0) {
    tracedstart(outfd);
    shared->first = static_cast<pid_t>(whoami());
    fn();
    ::_exit(0);
  }
  if (!await(pid, &out.status)) out.trouble = "no end in sight";
  out.calls.assign(shared->calls, shared->calls + shared->ncalls);
  out.marks.assign(shared->marks, shared->marks + shared->nmarks);
  out.injected = shared->injected;
  out.output = tracedoutput(outfd);
  ::munmap(room, sizeof(record));
  shared = nullptr;
  return out;
}

}  // namespace burrow::testsupport

using namespace burrow::testsupport;

extern "C" {

// The gate. A descriptor is given back whatever close says, as Linux does.
std::intptr_t __wrap_burrow_syscall6(std::intptr_t nr, std::uintptr_t a1,
                                     std::uintptr_t a2, std::uintptr_t a3,
                                     std::uintptr_t a4, std::uintptr_t a5,
                                     std::uintptr_t a6) noexcept {
  if (shared == nullptr)
    return __real_burrow_syscall6(nr, a1, a2, a3, a4, a5, a6);
  const int error = enters(nr, nr == SYS_clone);
  if (error != 0 && nr != SYS_close) return -error;
  const std::intptr_t r = __real_burrow_syscall6(nr, a1, a2, a3, a4, a5, a6);
  if (nr == SYS_clone && r > 0) childborn(1);
  if (nr == SYS_wait4 && r > 0) childborn(-1);
  return error != 0 ? -error : r;
}

std::intptr_t __wrap_burrow_clone(std::uintptr_t flags, void* sp,
                                  std::uint32_t* tid, void* tls,
                                  void (*fn)(void*), void* arg) noexcept {
  if (shared == nullptr)
    return __real_burrow_clone(flags, sp, tid, tls, fn, arg);
  if (const int error = enters(SYS_clone, true); error != 0) return -error;
  const std::intptr_t r = __real_burrow_clone(flags, sp, tid, tls, fn, arg);
  if (r > 0 && (flags & CLONE_THREAD) == 0) childborn(1);
  return r;
}

}  // extern "C"
