// sys/openbsd/newthread.cc - threads by __tfork.
//
// Two generations: 5.1's call leaves the child on its parent's stack, later ones
// take the stack from the structure. kernel::release says which it is.
//
// Rejected: __tfork_thread of libc for both. It wants libc's own thread block, and
// sys is freestanding; a hosted build takes osproc=pthread instead, and leaves this
// file out.
#include "asm/bsd.h"
#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

// struct __tfork, of 5.2 and later.
struct tforkparam {
  void* tcb;
  std::uint32_t* tid;
  void* stack;
};
static_assert(offsetof(tforkparam, tid) == sizeof(void*) &&
              offsetof(tforkparam, stack) == 2 * sizeof(void*));

// struct __tfork, of 5.1.
struct tforkparam51 {
  void* tcb;
  std::uint32_t* tid;
  std::int32_t flags;
};
static_assert(offsetof(tforkparam51, flags) == 2 * sizeof(void*));

// The kernel takes a stack pointer for one outside if it is the mapping's end.
constexpr std::size_t kInside = 16;

}  // namespace

std::int64_t newthread(void* sp, void* tls, std::atomic<std::uint32_t>* tid,
                       void (*fn)(void*), void* arg) noexcept {
  auto* const word = reinterpret_cast<std::uint32_t*>(tid);
  void* const top = static_cast<char*>(sp) - kInside;
  if constexpr (kernel::kOldest < kernel::k52)
    if (kernel::release() < kernel::k52) {
      const tforkparam51 p{tls, word, 0};
      return burrow_tfork51(&p, top, fn, arg, word);
    }
  const tforkparam p{tls, word, top};
  return burrow_tfork(&p, sizeof p, fn, arg, word);
}

}  // namespace burrow::sys
