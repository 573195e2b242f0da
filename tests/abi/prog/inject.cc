// tests/abi/prog/inject.cc - "inject NAME": one function of sys/, between marks that
// tell the kernel which calls to count, and to fail. Prints its result. Those of
// descriptors are in inject_fds.cc.
#include "tests/abi/prog/inject.h"
#include "sys/exec.h"

namespace {

constexpr std::size_t kBytes = std::size_t{64} << 10;

void mark() { sys::write(-77, "", 0); }

// ---- Time, waiting ----

std::atomic<std::uint32_t> word{5};

long long doneanotime() { return sys::nanotime() > 0 ? 1 : 0; }
long long docoarse() { return sys::coarsetime() > 0 ? 1 : 0; }
long long dousleep() {
  sys::usleep(1000);
  return 0;
}
long long dosleep() { return sys::futexsleep(&word, 5, 2 * kMs); }
long long dowakeup() { return sys::futexwakeup(&word, 1); }
long long dowakeall() { return sys::futexwakeup(&word, 1000); }
long long doyield() {
  sys::osyield();
  return 0;
}

// ---- Memory ----

char* at;
void reserve() {
  at = static_cast<char*>(sys::sysreserve(kBytes));
  CHECK(at != nullptr);
}
void release() { CHECKEQ(sys::sysfree(at, kBytes), 0); }
long long made() { return at != nullptr ? 1 : 0; }

long long doreserve() {
  at = static_cast<char*>(sys::sysreserve(kBytes));
  return made();
}
long long doshared() {
  at = static_cast<char*>(sys::sysshared(kBytes));
  return made();
}
void releasemade(long long r) {
  if (r == 1) release();
}
void releaseall(long long) { release(); }
long long dofree() { return sys::sysfree(at, kBytes); }
void releaseagain(long long r) {
  if (r < 0) release();
}
long long doguard() { return sys::sysguard(at, 8192, 4096, 2); }
long long doprotect() { return sys::sysprotectnone(at, 8192); }
long long dounused() { return sys::sysunused(at, kBytes); }

// ---- Processors, ids, threads ----

long long doncpu() { return sys::ncpu(); }
long long dobarrier() {
  sys::membarrier_init();
  sys::membarrier();
  return 0;
}
long long doforce() { return sys::membarrier_force(sys::barrierkind::protect); }
std::int64_t self;
void askself() { self = sys::gettid(); }
long long dogettid() { return sys::gettid() == self ? 1 : 0; }
long long dogetpid() { return sys::getpid() > 0 ? 1 : 0; }
long long dotgkill() { return sys::tgkill(self, 0); }

std::uint64_t mask;
long long domaskall() { return sys::sigmask_all(&mask); }
void unmask(long long r) {
  if (r >= 0) CHECKEQ(sys::sigmask_restore(&mask), 0);
}
void maskall() {
  CHECKEQ(sys::sigmask_all(&mask), 0);
  mask |= sys::sigbit(SIGURG);
}
long long dorestore() { return sys::sigmask_restore(&mask); }
void restoreagain(long long) {
  mask = 0;
  CHECKEQ(sys::sigmask_restore(&mask), 0);
}

tester one;
void prepare() {
  reserve();
  one.block[0] = reinterpret_cast<std::uintptr_t>(one.block);
  CHECKEQ(sys::sigmask_all(&mask), 0);
}
long long donewthread() {
  const std::int64_t r = sys::newthread(
      at + kBytes, one.block, &one.tid, [](void*) {}, nullptr);
  return r > 0 ? 1 : r;
}
void ended(long long r) {
  if (r > 0)
    while (one.tid.load() != 0) sys::usleep(500);
  CHECKEQ(one.tid.load(), 0U);
  CHECKEQ(sys::sigmask_restore(&mask), 0);
  release();
}

long long doexit() { sys::exitprocess(7); }

// ---- Signals ----

sys::sigdisp was;
long long dogetsig() { return sys::getsig(SIGUSR1, &was); }
long long dosetsig() {
  return sys::setsig(SIGUSR1, {sys::kSigign, 0, 0, 0}, &was);
}
void defaults(long long) { CHECKEQ(sys::setsig(SIGUSR1, {}, nullptr), 0); }
long long doprocmask() {
  std::uint64_t old = 77;
  sys::sigprocmask(sys::sigbit(SIGUSR1), &old);
  return static_cast<long long>(old);
}
void unprocmask(long long) { sys::sigprocmask(0, nullptr); }
void masking() { sys::sigprocmask(sys::sigbit(SIGUSR1), nullptr); }
long long dogetmask() {
  return sys::getsigmask() == sys::sigbit(SIGUSR1) ? 1 : 0;
}
long long dogetalt() { return sys::getaltstack().lo == at ? 1 : 0; }
long long dosetalt() { return sys::setaltstack({at, kBytes}); }
void alt() {
  reserve();
  CHECKEQ(sys::setaltstack({at, kBytes}), 0);
}
void unalt(long long) {
  CHECKEQ(sys::setaltstack({}), 0);
  release();
}

int forwarded;
void signals() {
  alt();
  sys::siginit(
      [](int sig, void* info, void* ctxt) {
        constexpr std::uintptr_t kResethand = 4;
        const auto fn = [](int) { forwarded++; };
        sys::disp_forward(
            {reinterpret_cast<std::uintptr_t>(static_cast<void (*)(int)>(fn)),
             kResethand, 0, 0},
            sig, info, ctxt);
      },
      nullptr);
  CHECKEQ(sys::setsig(SIGUSR1, sys::ourdisp(), nullptr), 0);
}
long long doraise() {
  sys::raise(SIGUSR1);
  return forwarded;
}
void unsignals(long long r) {
  CHECKEQ(sys::setsig(SIGUSR1, {}, nullptr), 0);
  unalt(r);
}
long long dokill() { return sys::kill(sys::getpid(), 0); }

// ---- Processes ----

std::int64_t pid;
int status;
void wait(int wanted) {
  for (std::int64_t r; (r = sys::reap(pid, &status)) != 1;) {
    CHECKEQ(r, 0);
    sys::usleep(500);
  }
  CHECKEQ(status, wanted);
}
long long doforkraw() {
  pid = sys::forkraw();
  if (pid == 0) sys::exitprocess(3);
  return pid > 0 ? 1 : pid;
}
void waitforked(long long r) {
  if (r == 1) wait(3 << 8);
}
void fork() { CHECKEQ(doforkraw(), 1); }
long long doreap() {
  std::int64_t r;
  while ((r = sys::reap(pid, &status)) == 0) {
  }
  return r;
}
void reapagain(long long r) {
  if (r < 0) wait(3 << 8);
}

sys::execplan plan;
char startedname[] = "started";
char* args[] = {nullptr, startedname, nullptr};
char* env[] = {nullptr};
void planned() {
  signals();
  CHECKEQ(sys::setsig(SIGUSR2, {sys::kSigign, 0, 0, 0}, nullptr), 0);
  plan.path = args[0];
  plan.argv = args;
  plan.envp = env;
  plan.folder = "/";
  plan.group = 0;
  plan.fds[0] = 0, plan.fds[1] = 1, plan.fds[2] = 2;
}
void plannedotherwise() {
  planned();
  plan.fds[0] = 2, plan.fds[1] = 0, plan.fds[2] = 1;
}
long long dospawn() {
  pid = sys::execspawn(plan, at, kBytes);
  if (pid > 0 && plan.error != 0) return -plan.error;
  return pid > 0 ? 1 : pid;
}
void waitspawned(long long r) {
  if (pid > 0) wait(r == 1 ? 0 : 127 << 8);
  CHECK((plan.failed == sys::execstep::none) == (plan.error == 0));
  CHECKEQ(sys::setsig(SIGUSR2, {}, nullptr), 0);
  unsignals(r);
}

// What makes no call on these systems: threadcount, cputime, threadtime, rseqregister,
// robustlist_get, robustlist_set, pidfdkill, cpuquota, pagesize, syscommit, sigtab,
// minaltstack, membarrier_kind, ourdisp, siginit, disp_isours, disp_onstack,
// disp_addonstack, siginfo_fromuser, siginfo_tothread, siginfo_code, siginfo_addr,
// sigctxt_pc, sigctxt_sp, sigctxt_mask, sigctxt_regs, sigctxt_unjump,
// sigctxt_inject, sigctxt_writefd, disp_forward and siginfo_ of the handler above.
const injection kCases[] = {
    {"release", kNone, dowakeup, kLeave},
    {"nanotime", kNone, doneanotime, kLeave},
    {"coarsetime", kNone, docoarse, kLeave},
    {"usleep", kNone, dousleep, kLeave},
    {"futexsleep", kNone, dosleep, kLeave},
    {"futexwakeup", kNone, dowakeup, kLeave},
    {"futexwakeup_all", kNone, dowakeall, kLeave},
    {"osyield", kNone, doyield, kLeave},
    {"sysreserve", kNone, doreserve, releasemade},
    {"sysshared", kNone, doshared, releasemade},
    {"sysfree", reserve, dofree, releaseagain},
    {"sysguard", reserve, doguard, releaseall},
    {"sysprotectnone", reserve, doprotect, releaseall},
    {"sysunused", reserve, dounused, releaseall},
    {"ncpu", kNone, doncpu, kLeave},
    {"membarrier", kNone, dobarrier, kLeave},
    {"membarrier_force", kNone, doforce, kLeave},
    {"gettid", askself, dogettid, kLeave},
    {"getpid", kNone, dogetpid, kLeave},
    {"tgkill", askself, dotgkill, kLeave},
    {"sigmask_all", kNone, domaskall, unmask},
    {"sigmask_restore", maskall, dorestore, restoreagain},
    {"newthread", prepare, donewthread, ended},
    {"exitprocess", kNone, doexit, kLeave},
    {"getsig", kNone, dogetsig, kLeave},
    {"setsig", kNone, dosetsig, defaults},
    {"sigprocmask", kNone, doprocmask, unprocmask},
    {"getsigmask", masking, dogetmask, unprocmask},
    {"getaltstack", alt, dogetalt, unalt},
    {"setaltstack", reserve, dosetalt, unalt},
    {"raise", signals, doraise, unsignals},
    {"kill", kNone, dokill, kLeave},
    {"forkraw", kNone, doforkraw, waitforked},
    {"reap", fork, doreap, reapagain},
    {"execspawn", planned, dospawn, waitspawned},
    {"execspawn_moved", plannedotherwise, dospawn, waitspawned},
    {nullptr, kNone, nullptr, kLeave},
};

void run(const injection& c) {
  if (!same(c.name, "release"))
    sys::futexwakeup(&word, 1);  // asks which release it is
  mark();
  c.before();
  mark();
  const long long r = c.act();
  mark();
  c.after(r);
  mark();
  say("result ");
  number(r);
  say("\n");
}

// With no name: all the names.
void inject(int argc, char** argv) {
  args[0] = argv[0];
  const injection* const sets[] = {kCases, kDescriptorInjections};
  for (const injection* set : sets)
    for (; set->name != nullptr; set++) {
      if (argc < 3) {
        say(set->name);
        say("\n");
      } else if (same(set->name, argv[2])) {
        run(*set);
      }
    }
}

}  // namespace

const scenario kInjections[] = {{"inject", inject}, {nullptr, nullptr}};
