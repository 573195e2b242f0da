// runtime/diag/bigstack.cc - the stack for symbolising.
#include "runtime/diag/bigstack.h"

#include <sys/mman.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

namespace burrow::rt {
namespace {

namespace ctx = boost::context::detail;

constexpr std::size_t kBytes = std::size_t{1} << 20;
constexpr std::size_t kGuard = 4096;

struct call {
  void (*fn)(void*);
  void* arg;
};

void entry(ctx::transfer_t from) {
  const call c = *static_cast<call*>(from.data);
  c.fn(c.arg);
  ctx::jump_fcontext(from.fctx, nullptr);
}

// mapstack returns the upper end of a new stack with a guard below it, or null.
char* mapstack() noexcept {
  void* low =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (low == MAP_FAILED) return nullptr;
  mprotect(low, kGuard, PROT_NONE);  // without it, only a guard less
  return static_cast<char*>(low) + kBytes;
}

char* high = nullptr;  // null: none yet

}  // namespace

void bigstack_restart() noexcept { high = nullptr; }

void on_bigstack(void (*fn)(void*), void* arg) noexcept {
  if (high == nullptr) high = mapstack();
  if (high == nullptr) return fn(arg);
  call c{fn, arg};
  ctx::jump_fcontext(ctx::make_fcontext(high, kBytes - kGuard, entry), &c);
}

}  // namespace burrow::rt
