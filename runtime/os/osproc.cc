// runtime/os/osproc.cc - which backend, and what both share.
#include "runtime/os/osproc.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "burrow/detail/sanitizers.h"
#include "runtime/diag/print.h"
#include "runtime/os/libc.h"
#include "runtime/os/osproc_backend.h"
#include "sys/os.h"

namespace burrow::rt {

constinit std::atomic<int> newosproc_fail_after{-1};

namespace {

struct decision {
  osbackend backend;
  const char* why;  // the raw backend does not work; "" if nothing went wrong
};

decision decide() noexcept {
#if defined(BURROW_OSPROC_PTHREAD) || defined(BURROW_TSAN)
  return {osbackend::pthread, ""};
#else
  const char* const why = rawprobe();
  if (why == nullptr) return {osbackend::raw, ""};
#if defined(BURROW_OSPROC_RAW)
  printer(2).str("burrow: built with osproc=raw, but ").str(why).str("\n");
  sys::exitprocess(2);
#else
  if (std::getenv("BURROW_DEBUG") != nullptr)
    printer(2).str("burrow: threads by pthread_create: ").str(why).str("\n");
  return {osbackend::pthread, why};
#endif
#endif
}

const decision& decided() noexcept {
  static const decision d = decide();
  return d;
}

// failnow counts newosproc_fail_after down to 0 and says whether it is there.
bool failnow() noexcept {
  int left = newosproc_fail_after.load(std::memory_order_relaxed);
  while (left > 0 && !newosproc_fail_after.compare_exchange_weak(
                         left, left - 1, std::memory_order_relaxed)) {
  }
  return left == 0;
}

struct bounds {
  void* lo;
  void* hi;
};

bounds asklibc() noexcept {
  bounds b;
  threadstack(&b.lo, &b.hi);
  return b;
}

}  // namespace

osbackend osproc_backend() noexcept { return decided().backend; }

const char* osproc_why() noexcept { return decided().why; }

std::int64_t newosproc(void (*fn)(void*), void* arg,
                       std::size_t stackbytes) noexcept {
  if (failnow()) return -EAGAIN;
  if (stackbytes > kMaxStack) return -ENOMEM;
  stackbytes = std::max(stackbytes, kMinStack);
  return osproc_backend() == osbackend::raw
             ? rawnewosproc(fn, arg, stackbytes)
             : pthreadnewosproc(fn, arg, stackbytes);
}

// Not inlined: a caller that changes threads would keep a stale address.
[[gnu::noinline]] void osthread_stack(void** lo, void** hi) noexcept {
  if (const osthread* t = rawself()) return rawstack(t, lo, hi);
  static thread_local const bounds b = asklibc();
  *lo = b.lo;
  *hi = b.hi;
}

}  // namespace burrow::rt
