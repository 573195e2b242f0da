// tests/support/syscases.cc - tests/support/syscases.h but for descriptors and the
// poller.
#include "tests/support/syscases.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/os/osproc.h"
#include "sys/exec.h"
#include "sys/os.h"
#include "sys/sig.h"
#include "tests/support/emulator.h"
#include "tests/support/syscasetools.h"
#include "tests/support/tracedcalls.h"

namespace burrow::testsupport {

namespace {

std::atomic<std::uint32_t> word{5};
char* at;
void reserve() { at = static_cast<char*>(sys::sysreserve(kBytes)); }
void release() { MUST(sys::sysfree(at, kBytes) == 0); }
void releasemade(long long r) {
  if (r == 1) release();
}
void releaseagain(long long r) {
  if (r < 0) release();
}
void releaseany(long long) { release(); }

// ---- Signals ----

std::uint64_t mask;
sys::sigdisp was;
void unmask(long long r) {
  if (r >= 0) MUST(sys::sigmask_restore(&mask) == 0);
}
void nomask(long long) { sys::sigprocmask(0, nullptr); }
void alt() {
  reserve();
  MUST(sys::setaltstack({at, kBytes}) == 0);
}
void unalt(long long) {
  MUST(sys::setaltstack({}) == 0);
  release();
}
int forwarded;
void signals() {
  alt();
  forwarded = 0;
  sys::siginit(
      [](int sig, void* info, void* ctxt) {
        constexpr std::uintptr_t kResethand = 0x80000000;
        const auto fn = [](int) { forwarded++; };
        sys::disp_forward(
            {reinterpret_cast<std::uintptr_t>(static_cast<void (*)(int)>(fn)),
             kResethand, 0, 0},
            sig, info, ctxt);
      },
      nullptr);
  MUST(sys::setsig(SIGUSR1, sys::ourdisp(), nullptr) == 0);
}
void unsignals(long long r) {
  MUST(sys::setsig(SIGUSR1, {}, nullptr) == 0);
  unalt(r);
}

// ---- Processes and threads ----

std::int64_t pid;
int status;
void wait(int wanted) {
  while (sys::reap(pid, &status) == 0) sys::usleep(500);
  MUST(status == wanted);
}
long long fork() {
  pid = sys::forkraw();
  if (pid == 0) sys::exitprocess(3);
  return pid > 0 ? 1 : pid;
}
void forked() {
  MUST(fork() == 1);
  siginfo_t info;
  MUST(::waitid(P_PID, static_cast<id_t>(pid), &info,
                WEXITED | WNOWAIT | __WALL) == 0);
}
void waitforked(long long r) {
  if (r == 1) wait(3 << 8);
}
sys::execplan plan;
char name[] = "true";
char* args[] = {name, nullptr};
char* env[] = {nullptr};
void planned() {
  signals();
  plan.path = "/bin/true";
  plan.argv = args;
  plan.envp = env;
  plan.folder = "/";
  plan.group = 0;
  for (int i = 0; i < 3; i++) plan.fds[i] = i;
}
void plannedotherwise() {
  planned();
  plan.fds[0] = 2, plan.fds[1] = 0, plan.fds[2] = 1;
}
long long spawn() {
  pid = sys::execspawn(plan, at, kBytes);
  if (pid > 0 && plan.error != 0) return -plan.error;
  return pid > 0 ? 1 : pid;
}
void waitspawned(long long r) {
  if (pid > 0) wait(r == 1 ? 0 : 127 << 8);
  if (plan.pidfd >= 0) ::close(plan.pidfd);
  MUST((plan.failed == sys::execstep::none) == (plan.error == 0));
  unsignals(r);
}
void withpidfd() {
  planned();
  MUST(spawn() == 1 && plan.pidfd >= 0);
}

std::atomic<std::uint32_t> ran{0};
constexpr std::size_t kStack = std::size_t{1} << 20;
long long newosproc() {
  return rt::newosproc([](void*) { ran.fetch_add(1); }, nullptr, kStack);
}
// Left out with `emulated`: an emulator's children must signal their end, and have a
// copy of the memory; and it has no robust lists.
bool noprotect() {
#if defined(__x86_64__) || defined(__i386__)
  return false;
#else
  return true;
#endif
}
bool noraw() { return rt::osproc_backend() != rt::osbackend::raw; }
// A stack is kept for the next thread: so there is one, always.
void ended(long long r) {
  if (r < 0) MUST(newosproc() == 0);
  while (ran.load() == 0) sys::usleep(500);
}

// Groups of this process alone: the test may run twice at once.
std::string folder, self;
void groups() {
  folder = "/tmp/burrow_sys_inject_" + std::to_string(::getpid());
  self = folder + "/self";
  std::filesystem::create_directories(folder + "/a");
  std::ofstream(self) << "0::/a\n";
  std::ofstream(folder + "/a/cpu.max") << "150000 100000\n";
}

}  // namespace

const std::vector<syscase> kPlaincases = {
    {"nanotime", none, [] { return one(sys::nanotime() > 0); }, none},
    {"coarsetime", none, [] { return one(sys::coarsetime() > 0); }, none},
    {"usleep", none, [] { return sys::usleep(1000), 0LL; }, none},
    {"futexsleep", none,
     []() -> long long { return sys::futexsleep(&word, 5, 2 * kMs); }, none},
    {"futexwakeup", none,
     []() -> long long { return sys::futexwakeup(&word, 1); }, none},
    {"osyield", none, [] { return sys::osyield(), 0LL; }, none},
    {"sysreserve", none, [] { return reserve(), one(at != nullptr); },
     releasemade},
    {"sysshared", none,
     [] {
       at = static_cast<char*>(sys::sysshared(kBytes));
       return one(at != nullptr);
     },
     releasemade},
    {"sysfree", reserve, []() -> long long { return sys::sysfree(at, kBytes); },
     releaseagain},
    {"sysguard",
     [] {
       reserve();
       sys::sysguard(at, 8192, 4096, 1);  // asks whether the kernel can
     },
     []() -> long long { return sys::sysguard(at, 8192, 4096, 3); },
     releaseany},
    {"sysguard_one",
     [] {
       reserve();
       sys::sysguard(at, 8192, 4096, 1);
     },
     []() -> long long { return sys::sysguard(at, 8192, 4096, 1); },
     releaseany},
    {"syscommit", reserve,
     []() -> long long { return sys::syscommit(at, 8192, 4096, 3); },
     releaseany},
    {"sysprotectnone", reserve,
     []() -> long long { return sys::sysprotectnone(at, 8192); }, releaseany},
    {"sysunused", reserve,
     []() -> long long { return sys::sysunused(at, kBytes); }, releaseany},
    {"ncpu", none, []() -> long long { return sys::ncpu(); }, none},
    {"cpuquota", groups,
     []() -> long long { return sys::cpuquota(folder.c_str(), self.c_str()); },
     [](long long) { std::filesystem::remove_all(folder); }},
    {"membarrier", [] { sys::membarrier_init(); },
     [] { return sys::membarrier(), 0LL; }, none},
    {"membarrier_protect",
     [] { sys::membarrier_force(sys::barrierkind::protect); },
     [] { return sys::membarrier(), 0LL; }, none, true, 0, noprotect},
    {"membarrier_force", none,
     []() -> long long {
       return sys::membarrier_force(sys::barrierkind::expedited);
     },
     none},
    {"tgkill", none,
     []() -> long long { return sys::tgkill(sys::gettid(), 0); }, none},
    {"threadcount", none, []() -> long long { return sys::threadcount(); },
     none},
    {"sigmask_all", none, []() -> long long { return sys::sigmask_all(&mask); },
     unmask},
    {"sigmask_restore", [] { sys::sigmask_all(&mask); },
     []() -> long long { return sys::sigmask_restore(&mask); }, nomask},
    {"exitprocess", none, []() -> long long { sys::exitprocess(7); }, none,
     true, 7 << 8},
    // Which the C library has done, or the kernel takes once.
    {"rseqregister", none,
     []() -> long long {
       constexpr std::uint32_t kSignature = 0x53053053;
       alignas(32) static char area[32];
       return sys::rseqregister(area, sizeof area, kSignature);
     },
     none},
    {"robustlist_get", none,
     [] {
       void* head;
       std::size_t n;
       return static_cast<long long>(sys::robustlist_get(&head, &n));
     },
     none},
    {"robustlist_set",
     [] {
       std::size_t n;
       MUST(sys::robustlist_get(reinterpret_cast<void**>(&at), &n) == 0);
     },
     []() -> long long { return sys::robustlist_set(at, 24); }, none, false, 0,
     emulated},
    {"getsig", none, []() -> long long { return sys::getsig(SIGUSR1, &was); },
     none},
    {"setsig", none,
     []() -> long long {
       return sys::setsig(SIGUSR1, {sys::kSigign, 0, 0, 0}, &was);
     },
     [](long long) { sys::setsig(SIGUSR1, {}, nullptr); }},
    {"sigprocmask", none,
     [] {
       std::uint64_t old = 77;
       sys::sigprocmask(sys::sigbit(SIGUSR1), &old);
       return static_cast<long long>(old);
     },
     nomask},
    {"getsigmask", none, [] { return one(sys::getsigmask() == 0); }, none},
    {"getaltstack", alt, [] { return one(sys::getaltstack().lo == at); },
     unalt},
    {"setaltstack", reserve,
     []() -> long long {
       return sys::setaltstack({at, kBytes});
     },
     unalt},
    {"raise", signals,
     [] { return sys::raise(SIGUSR1), static_cast<long long>(forwarded); },
     unsignals},
    {"kill", none, []() -> long long { return sys::kill(sys::getpid(), 0); },
     none},
    {"forkraw", none, fork, waitforked, false, 0, emulated},
    {"cputime", none,
     []() -> long long {
       const std::int64_t t = sys::cputime(sys::getpid());
       return t < 0 ? t : 1;
     },
     none},
    {"threadtime", none,
     []() -> long long {
       const std::int64_t t = sys::threadtime(sys::gettid());
       return t < 0 ? t : 1;
     },
     none},
    {"reap", forked,
     []() -> long long {
       std::int64_t r;
       while ((r = sys::reap(pid, &status)) == 0) {
       }
       return r;
     },
     [](long long r) {
       if (r < 0) wait(3 << 8);
     },
     false, 0, emulated},
    {"execspawn", planned, spawn, waitspawned, false, 0, emulated},
    {"execspawn_moved", plannedotherwise, spawn, waitspawned, false, 0,
     emulated},
    {"pidfdkill", withpidfd,
     []() -> long long { return sys::pidfdkill(plan.pidfd, 0); },
     [](long long) { waitspawned(1); }, false, 0, emulated},
    {"newosproc", none, newosproc, ended, true, 0, noraw},
};

void runcase(const syscase& c, long long* result) {
  sys::nanotime();  // which finds the clock
  tracemark();
  c.before();
  tracemark();
  const long long r = c.act();
  *result = r;
  tracemark();
  c.after(r);
  tracemark();
}

}  // namespace burrow::testsupport
