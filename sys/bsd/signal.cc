// sys/bsd/signal.cc - dispositions, masks, alternate stacks, and sending.
//
// Sets of signals have 32 bits in these kernels: the upper half of ours is empty.
#include "sys/bsd/signal.h"

#include <cerrno>
#include <csignal>

#include "asm/signal.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"
#include "sys/refused.h"

namespace burrow::sys {

namespace {

constexpr int kBlock = 1, kSetmask = 3;
constexpr std::uint64_t kOnstack = 0x1, kRestart = 0x2, kResethand = 0x4;
constexpr std::uint64_t kNodefer = 0x10, kSiginfo = 0x40;
constexpr std::uint32_t kAll = ~std::uint32_t{0};

// What the kernel reads and writes for sigaltstack.
struct kernelstack {
  char* sp;
  std::size_t bytes;
  std::int32_t flags;
};
static_assert(offsetof(kernelstack, flags) == 2 * sizeof(void*));
constexpr std::int32_t kDisable = 4;

// Faults must reach us from inside our own handler, too: blocked, they would
// end the process without a word.
constexpr std::uint32_t kFaults = sigbit(SIGSEGV) | sigbit(SIGBUS) |
                                  sigbit(SIGFPE) | sigbit(SIGILL) |
                                  sigbit(SIGTRAP);

}  // namespace

std::int64_t getsig(int sig, sigdisp* now) noexcept {
  return sigactionraw(sig, nullptr, now);
}

std::int64_t setsig(int sig, const sigdisp& wanted, sigdisp* old) noexcept {
  return sigactionraw(sig, &wanted, old);
}

sigdisp ourdisp() noexcept {
  return {reinterpret_cast<std::uintptr_t>(&burrow_sigtramp),
          kSiginfo | kOnstack | kRestart, 0, kAll & ~kFaults};
}

void siginit(void (*handler)(int, void*, void*), void (*injected)()) noexcept {
  burrow_sigfn = handler;
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
  std::uint32_t was = 0;
  const std::int64_t r =
      maskthread(kSetmask, static_cast<std::uint32_t>(mask), &was);
  if (r < 0) refused("sigprocmask", r);
  if (old != nullptr) *old = was;
}

std::uint64_t getsigmask() noexcept {
  std::uint32_t now = 0;
  const std::int64_t r = maskthread(kBlock, 0, &now);
  if (r < 0) refused("sigprocmask", r);
  return now;
}

std::int64_t sigmask_all(std::uint64_t* old) noexcept {
  std::uint32_t was = 0;
  const std::int64_t r = maskthread(kSetmask, kAll, &was);
  if (r >= 0) *old = was;
  return r;
}

std::int64_t sigmask_restore(const std::uint64_t* old) noexcept {
  std::uint32_t was = 0;
  return maskthread(kSetmask, static_cast<std::uint32_t>(*old), &was);
}

altstack getaltstack() noexcept {
  kernelstack k{};
  if (syscall(kernel::kSigaltstack, nullptr, &k) < 0 ||
      (k.flags & kDisable) != 0)
    return {};
  return {k.sp, k.bytes};
}

std::int64_t setaltstack(altstack s) noexcept {
  const kernelstack k{s.lo, s.bytes, s.lo == nullptr ? kDisable : 0};
  return syscall(kernel::kSigaltstack, &k, nullptr);
}

std::size_t minaltstack() noexcept { return std::size_t{32} << 10; }

void raise(int sig) noexcept { tgkill(gettid(), sig); }

}  // namespace burrow::sys
