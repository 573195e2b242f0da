// sys/darwin/thread.cc - threads by bsdthread_create, and signals to one of them.
//
// The kernel starts all threads at one function, which it is told once, in each
// process: where libSystem has been there before, there is no second time, and
// newthread says -EINVAL. A thread's id is the name of its Mach port, by which it
// gets signals; the kernel gives it to the new thread alone, which writes it down.
//
// The kernel clears no word when a thread has ended: the thread does so itself, in
// its last instructions, which use no stack.
//
// Rejected: the id from thread_selfid. No call takes it.
#include <cerrno>

#include "asm/bsd.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::uint32_t kCreate = kernel::kBsd + 360;
constexpr std::uint32_t kRegister = kernel::kBsd + 366;
constexpr std::uint32_t kPthreadkill = kernel::kBsd + 328;
constexpr std::uint32_t kThreadself = kernel::kMach + 27;
constexpr std::uint32_t kTaskself = kernel::kMach + 28;
constexpr std::uint32_t kDeallocate = kernel::kMach + 18;
constexpr std::uint32_t kLion = 11;  // 10.7: the trap that gives a port back

enum : std::uint32_t { kNotyet, kBusy, kDone, kFailed };
constinit std::atomic<std::uint32_t> registered{kNotyet};
constinit std::atomic<std::uint32_t> task{0};

// Tells the kernel, the first time. Returns  0 or -EINVAL.
std::int64_t announce() noexcept {
  std::uint32_t s = kNotyet;
  if (registered.compare_exchange_strong(s, kBusy)) {
    // No work queues, no pthread size, no offsets.
    const std::int64_t r =
        syscall(kRegister, &burrow_threadstart, nullptr, 0, 0, 0, 0, 0);
    registered.store(r < 0 ? kFailed : kDone);
  }
  while ((s = registered.load()) == kBusy) osyield();
  return s == kDone ? 0 : -EINVAL;
}

// taskself returns the process's port; 0 on kernels that take no port back.
std::uint32_t taskself() noexcept {
  if (kernel::release() < kLion) return 0;
  // Relaxed: whoever asks at once finds out the same.
  std::uint32_t self = task.load(std::memory_order_relaxed);
  if (self == 0) {
    self = static_cast<std::uint32_t>(syscall(kTaskself));
    task.store(self, std::memory_order_relaxed);
  }
  return self;
}

}  // namespace

// Asking adds a reference to the port's name: it is given back. 0: the process has no
// more room for names.
std::int64_t gettid() noexcept {
  const std::int64_t port = syscall(kThreadself);
  if (port == 0) return port;
  if (const std::uint32_t self = taskself(); self != 0)
    syscall(kDeallocate, self, port);
  return port;
}

std::int64_t tgkill(std::int64_t tid, int sig) noexcept {
  return syscall(kPthreadkill, tid, sig);
}

std::int64_t newthread(void* sp, void* tls, std::atomic<std::uint32_t>* tid,
                       void (*fn)(void*), void* arg) noexcept {
  constexpr std::uint32_t kCustom = 0x01000000;  // the stack is ours
  if (const std::int64_t err = announce(); err < 0) return err;
  // Written by the new thread, whose stack may be gone when we look.
  std::atomic<std::uint32_t> report{0};
  auto at =
      (reinterpret_cast<std::uintptr_t>(sp) - sizeof(burrow_startrecord)) &
      ~std::uintptr_t{15};
  auto* const record = reinterpret_cast<burrow_startrecord*>(at);
  *record = {reinterpret_cast<std::uint32_t*>(tid),
             reinterpret_cast<std::uint32_t*>(&report), taskself()};
  const callresult r = syscallresult(kCreate, fn, arg, record, tls, kCustom);
  if (r.failed) return -static_cast<std::int64_t>(r.value);
  while (report.load(std::memory_order_acquire) == 0) osyield();
  return report.load(std::memory_order_relaxed);
}

}  // namespace burrow::sys
