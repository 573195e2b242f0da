// sys/linux/signal.cc - dispositions, masks, alternate stacks, and sending.
#include "sys/sig.h"

#include <cerrno>
#include <csignal>

#include "asm/signal.h"
#include "sys/linux/auxv.h"
#include "sys/linux/time.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kMaskBytes = 8;
constexpr int kSetmask = 2;

constexpr std::uintptr_t kSiginfo = 0x4, kRestorer = 0x04000000;
constexpr std::uintptr_t kOnstack = 0x08000000, kRestart = 0x10000000;
constexpr std::uintptr_t kNodefer = 0x40000000, kResethand = 0x80000000;

// What the kernel reads for sigaltstack.
struct kernelstack {
  char* sp;
  std::int32_t flags;
  std::size_t bytes;
};
constexpr std::int32_t kDisable = 2;

// Faults must reach us from inside our own handler, too: blocked, they would
// end the process without a word.
constexpr std::uint64_t kFaults = sigbit(SIGSEGV) | sigbit(SIGBUS) |
                                  sigbit(SIGFPE) | sigbit(SIGILL) |
                                  sigbit(SIGTRAP);

void (*given)(int sig, void* info, void* ctxt);

// As handler, where there may be signals without siginfo, because a program has
// put our handler back by signal(): such a signal is sent once more, to come with
// it. But a fault comes again by itself.
void entry(int sig, void* info, void* ctxt) noexcept {
  if (info != nullptr) return given(sig, info, ctxt);
  setsig(sig, ourdisp(), nullptr);
  if ((kFaults & sigbit(sig)) == 0) raise(sig);
}

// Clocks of the time that something has run: a process, or with kThread a thread.
constexpr std::int64_t kSched = 2, kThread = 4;

std::int64_t runningtime(std::int64_t id, std::int64_t kind) noexcept {
  timespec t;
  const std::int64_t err = clockcall(~id * 8 | kind, &t);
  return err < 0 ? err : t.sec * kSecond + t.nsec;
}

}  // namespace

std::int64_t getsig(int sig, sigdisp* now) noexcept {
  return syscall(nr::rt_sigaction, sig, nullptr, now, kMaskBytes);
}

std::int64_t setsig(int sig, const sigdisp& wanted, sigdisp* old) noexcept {
  static_assert(sizeof(sigdisp) == 3 * sizeof(void*) + kMaskBytes,
                "the kernel's struct sigaction");
  return syscall(nr::rt_sigaction, sig, &wanted, old, kMaskBytes);
}

sigdisp ourdisp() noexcept {
  return {reinterpret_cast<std::uintptr_t>(&burrow_sigtramp),
          kSiginfo | kOnstack | kRestart | kRestorer,
          reinterpret_cast<std::uintptr_t>(&burrow_sigreturn),
          ~std::uint64_t{0} & ~kFaults};
}

void siginit(void (*handler)(int, void*, void*), void (*injected)()) noexcept {
  given = handler;
  burrow_sigfn = kPlainFrames ? entry : handler;
  burrow_sigpanicfn = injected;
}

bool disp_isours(const sigdisp& d) noexcept {
  return d.handler == reinterpret_cast<std::uintptr_t>(&burrow_sigtramp);
}

bool disp_onstack(const sigdisp& d) noexcept {
  return (d.flags & kOnstack) != 0;
}

void disp_addonstack(sigdisp& d) noexcept { d.flags |= kOnstack; }

void disp_forward(const sigdisp& d, int sig, void* info, void* ctxt) noexcept {
  if ((d.flags & kResethand) != 0) {
    sigdisp dfl;
    setsig(sig, dfl, nullptr);
  }
  // The mask that the kernel would have set: the interrupted code's, the
  // handler's own, and the signal.
  std::uint64_t mask = sigctxt_mask(ctxt) | d.mask;
  std::uint64_t ours;
  if ((d.flags & kNodefer) == 0) mask |= sigbit(sig);
  sigprocmask(mask, &ours);
  if ((d.flags & kSiginfo) != 0)
    reinterpret_cast<void (*)(int, void*, void*)>(d.handler)(sig, info, ctxt);
  else
    reinterpret_cast<void (*)(int)>(d.handler)(sig);
  sigprocmask(ours, nullptr);
}

void sigprocmask(std::uint64_t mask, std::uint64_t* old) noexcept {
  const std::int64_t r =
      syscall(nr::rt_sigprocmask, kSetmask, &mask, old, kMaskBytes);
  if (r < 0) refused("sigprocmask", r);
}

std::uint64_t getsigmask() noexcept {
  std::uint64_t now = 0;
  const std::int64_t r =
      syscall(nr::rt_sigprocmask, kSetmask, nullptr, &now, kMaskBytes);
  if (r < 0) refused("sigprocmask", r);
  return now;
}

altstack getaltstack() noexcept {
  kernelstack k{};
  if (syscall(nr::sigaltstack, nullptr, &k) < 0 || (k.flags & kDisable) != 0)
    return {};
  return {k.sp, k.bytes};
}

std::int64_t setaltstack(altstack s) noexcept {
  const kernelstack k{s.lo, s.lo == nullptr ? kDisable : 0, s.bytes};
  return syscall(nr::sigaltstack, &k, nullptr);
}

std::size_t minaltstack() noexcept {
  constexpr std::size_t kLeast = std::size_t{32} << 10;
  constexpr std::uintptr_t kMinsigstksz = 51;  // AT_MINSIGSTKSZ
  static const std::size_t kernel = auxval(kMinsigstksz);
  return kLeast > 4 * kernel ? kLeast : 4 * kernel;
}

void raise(int sig) noexcept { tgkill(gettid(), sig); }

std::int64_t kill(std::int64_t pid, int sig) noexcept {
  return syscall(nr::kill, pid, sig);
}

std::int64_t forkraw() noexcept {
  constexpr int kSetpdeathsig = 1;
  const std::int64_t parent = getpid();
  const std::int64_t pid = syscall(nr::clone, 0, nullptr, nullptr, nullptr, 0);
  if (pid != 0) return pid;
  syscall(nr::prctl, kSetpdeathsig, SIGKILL, 0, 0, 0);
  if (syscall(nr::getppid) != parent) exitprocess(1);  // it was faster
  return 0;
}

void* sysshared(std::size_t bytes) noexcept {
  constexpr int kReadwrite = 3, kShared = 1, kAnon = 0x20;
  return mapped(
      syscall(nr::mmap, nullptr, bytes, kReadwrite, kShared | kAnon, -1, 0));
}

std::int64_t cputime(std::int64_t pid) noexcept {
  return runningtime(pid, kSched);
}

std::int64_t threadtime(std::int64_t tid) noexcept {
  return runningtime(tid, kSched | kThread);
}

std::int64_t reap(std::int64_t pid, int* status) noexcept {
  constexpr int kNohang = 1, kAll = 0x40000000;
  const std::int64_t r = syscall(nr::wait4, pid, status, kNohang | kAll, 0);
  return r > 0 ? 1 : r;
}

}  // namespace burrow::sys
