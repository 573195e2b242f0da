// tests/abi/openbsd_sleep.cc - __thrsleep, __thrwakeup, futex, nanosleep.
#include <cerrno>

#include "tests/abi/openbsd.h"

namespace abibed {

namespace {

constexpr std::uint32_t k55 = 201405, k62 = 201710, k65 = 201905;
constexpr int kEwouldblock = 35, kEtimedout = 60, kEcanceled = 88;

}  // namespace

std::int64_t openbsdkernel::readtime(thread& t, std::uint64_t at) {
  const bool wide = t.proc->wide, narrow = !wide && release() < k55;
  std::vector<unsigned char> b(wide ? 16 : narrow ? 8 : 12);
  if (!readmem(t.proc->pid, at, b.data(), b.size()))
    fail("%s: no timespec at %llx", record(t).name.c_str(),
         static_cast<unsigned long long>(at));
  const auto sec = static_cast<std::int64_t>(
      release() < k55 ? static_cast<std::int32_t>(peek(b, 0, 4))
                      : static_cast<std::int64_t>(peek(b, 0, 8)));
  const auto nsec =
      static_cast<std::int64_t>(peek(b, narrow ? 4 : 8, wide ? 8 : 4));
  if (sec < 0 || nsec < 0 || nsec >= 1'000'000'000)
    fail("%s: a timespec of %lld s, %lld ns", record(t).name.c_str(),
         static_cast<long long>(sec), static_cast<long long>(nsec));
  return sec * 1'000'000'000 + nsec;
}

// A thread takes its time on its way into the kernel: who wakes it meanwhile finds
// nobody, and the abort word alone saves the sleeper.
void openbsdkernel::dothrsleep(thread& t) {
  constexpr std::int64_t kWay = 300'000;
  sleep(t, ~2ULL, now() + kWay);
  t.onlapse = [this, &t] {
    unsleep(t);
    queue(t);
  };
}

void openbsdkernel::queue(thread& t) {
  const pid_t pid = t.proc->pid;
  const std::uint64_t ident = arg(t, 0), time = arg(t, 2);
  const std::uint64_t lock = arg(t, 3), abort = arg(t, 4);
  if (ident == 0) return finish(t, ok(EINVAL));
  if (ident == ~0ULL) fail("__thrsleep: the identity that all programs share");
  std::int64_t deadline = -1;
  if (time != 0) {
    if (arg(t, 1) != 3) fail("__thrsleep: not the monotonic clock");
    deadline = readtime(t, time);
  }
  // The thread is queued. Now the lock, if there is one, and the abort word.
  std::int32_t word = 0;
  if (lock != 0 && !put(pid, lock, word)) fail("__thrsleep: lock");
  if (abort != 0 && !get(pid, abort, word)) fail("__thrsleep: abort word");
  if (abort != 0 && word != 0) return finish(t, ok(EINTR));
  sleep(t, ident, deadline);
  interruptible(t, ok(kEwouldblock), ok(0),
                ok(release() < k55 ? EINTR : kEcanceled));
}

void openbsdkernel::dothrwakeup(thread& t) {
  const std::uint64_t ident = arg(t, 0);
  if (ident == 0) return finish(t, ok(EINVAL));
  const int n = wake(ident, static_cast<int>(arg(t, 1)));
  finish(t, ok(n == 0 ? ESRCH : 0));
}

// The error is a result on the first kernels that have the call.
void openbsdkernel::dofutex(thread& t) {
  constexpr std::uint64_t kWait = 1, kWake = 2;
  const auto fails = [this](int e) {
    return release() < k65 ? ok(static_cast<std::uint64_t>(e)) : error(e);
  };
  static_assert(k62 < k65);
  const std::uint64_t at = arg(t, 0), op = arg(t, 1), time = arg(t, 3);
  if (at % 4 != 0) fail("futex: a word at %lx", at);
  if (op == kWake)
    return finish(
        t,
        ok(static_cast<std::uint64_t>(wake(at, static_cast<int>(arg(t, 2))))));
  if (op != kWait) fail("futex: operation %lu", op);
  std::uint32_t word = 0;
  if (!get(t.proc->pid, at, word)) return finish(t, fails(EFAULT));
  if (word != static_cast<std::uint32_t>(arg(t, 2)))
    return finish(t, fails(kEwouldblock));
  sleep(t, at, time == 0 ? -1 : now() + readtime(t, time));
  interruptible(t, fails(kEtimedout), ok(0), fails(EINTR));
}

void openbsdkernel::donanosleep(thread& t) {
  if (arg(t, 1) != 0) fail("nanosleep: this kernel lacks the rest of the time");
  sleep(t, 0, now() + readtime(t, arg(t, 0)));
  interruptible(t, ok(0), ok(0), error(EINTR));
}

}  // namespace abibed
