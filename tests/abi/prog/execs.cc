// tests/abi/prog/execs.cc - other processes: fork, vfork and the steps to another
// program, each of which may fail.
#include "sys/bsd/file.h"
#include "sys/exec.h"
#include "sys/io.h"
#include "tests/abi/prog/prog.h"

namespace {

constexpr std::size_t kBytes = std::size_t{64} << 10;

int wait(std::int64_t pid) {
  int status = -1;
  for (std::int64_t r; (r = sys::reap(pid, &status)) != 1;) {
    CHECKEQ(r, 0);
    sys::usleep(1000);
  }
  return status;
}

void forked(int, char**) {
  auto* const both =
      static_cast<std::atomic<std::uint32_t>*>(sys::sysshared(4096));
  CHECK(both != nullptr);
  std::uint32_t own = 1;
  const std::int64_t pid = sys::forkraw();
  CHECK(pid >= 0);
  if (pid == 0) {
    both->store(42);
    own = 2;
    sys::exitprocess(3);
  }
  CHECKEQ(wait(pid), 3 << 8);
  CHECKEQ(both->load(), 42U);
  CHECKEQ(own, 1U);
  CHECKEQ(sys::reap(pid, nullptr), -ECHILD);
}

sys::execplan plan;
char* spare;
std::int64_t child;

void spawn(void*) { child = sys::execspawn(plan, spare, kBytes); }

// What the program says that it starts.
void started(int, char**) {
  CHECKEQ(sys::getsigmask(), 0U);
  sys::sigdisp d;
  CHECKEQ(sys::getsig(SIGUSR1, &d), 0);
  CHECKEQ(d.handler, sys::kSigdfl);
  CHECKEQ(sys::getsig(SIGUSR2, &d), 0);
  CHECKEQ(d.handler, sys::kSigign);
  CHECKEQ(sys::write(40, "x", 1), -EBADF);  // closed on exec
}

void spawned(int, char** argv) {
  catching([](int, void*, void*) {}, nullptr);
  CHECKEQ(sys::setsig(SIGUSR1, sys::ourdisp(), nullptr), 0);
  CHECKEQ(sys::setsig(SIGUSR2, {sys::kSigign, 0, 0, 0}, nullptr), 0);
  int ends[2];
  CHECKEQ(sys::pipenowait(ends), 0);
  char name[] = "started";
  char* args[] = {argv[0], name, nullptr};
  char* env[] = {nullptr};
  spare = static_cast<char*>(sys::sysreserve(kBytes));
  plan.path = argv[0];
  plan.argv = args;
  plan.envp = env;
  plan.folder = "/";
  plan.group = 0;
  plan.fds[0] = 0;
  plan.fds[1] = ends[1];
  plan.fds[2] = 2;
  sys::sigprocmask(sys::sigbit(SIGURG), nullptr);
  CHECKEQ(abi_keeps(spawn, nullptr), 0U);
  CHECK(child > 0);
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGURG));
  CHECKEQ(wait(child), 0);
  CHECK(plan.failed == sys::execstep::none);
  char said[64];
  CHECKEQ(sys::read(ends[0], said, sizeof said), 3);
  CHECK(said[0] == 'o' && said[1] == 'k');
  // The caller's handlers are as before.
  sys::sigdisp d;
  CHECKEQ(sys::getsig(SIGUSR1, &d), 0);
  CHECK(sys::disp_isours(d));
  // Each step that fails is told.
  plan.folder = "/nowhere/at/all";
  spawn(nullptr);
  CHECKEQ(wait(child), 127 << 8);
  CHECK(plan.failed == sys::execstep::folder);
  CHECKEQ(plan.error, ENOENT);
  plan.folder = nullptr;
  plan.fds[2] = 99;
  spawn(nullptr);
  CHECKEQ(wait(child), 127 << 8);
  CHECK(plan.failed == sys::execstep::descriptors);
  CHECKEQ(plan.error, EBADF);
  plan.fds[2] = 2;
  plan.path = "/nowhere";
  spawn(nullptr);
  CHECKEQ(wait(child), 127 << 8);
  CHECK(plan.failed == sys::execstep::exec);
  CHECKEQ(plan.error, ENOENT);
}

// Descriptors that are in each other's way: 1 and 0 change places.
void swapped(int, char** argv) {
  int ends[2];
  CHECKEQ(sys::pipenowait(ends), 0);
  char name[] = "hello";
  char* args[] = {argv[0], name, nullptr};
  char* env[] = {nullptr};
  spare = static_cast<char*>(sys::sysreserve(kBytes));
  plan.path = argv[0];
  plan.argv = args;
  plan.envp = env;
  plan.fds[0] = 2;
  plan.fds[1] = 0;
  plan.fds[2] = 1;
  spawn(nullptr);
  CHECKEQ(wait(child), 0);
}

// The kernel has no process for us: the mask is as before.
void refusedfork(int, char** argv) {
  char* args[] = {argv[0], nullptr};
  plan.path = argv[0];
  plan.argv = plan.envp = args;
  spare = static_cast<char*>(sys::sysreserve(kBytes));
  sys::sigprocmask(sys::sigbit(SIGURG), nullptr);
  spawn(nullptr);
  CHECKEQ(child, -EAGAIN);
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGURG));
  CHECKEQ(sys::forkraw(), -EAGAIN);
}

void hello(int, char**) {}

}  // namespace

const scenario kExecs[] = {
    {"forked", forked},   {"started", started},         {"spawned", spawned},
    {"swapped", swapped}, {"refusedfork", refusedfork}, {"hello", hello},
    {nullptr, nullptr},
};
