// runtime/io/relaypipe.cc - see relaypipe.h.

#include "runtime/io/relaypipe.h"

#include <mutex>
#include <new>

#include "burrow/detail/spinlock.h"
#include "runtime/os/libc.h"
#include "sys/io.h"

namespace burrow::rt {

namespace {

// More than the default 64 KiB halves the number of calls; the system allows each
// user 64 MiB of pipes before it makes them small.
constexpr int kRoom = 256 << 10;
constexpr int kKept = 8;

struct {
  detail::spinlock lock;
  relaypipe* first = nullptr;
  int n = 0;
} pool;

relaypipe* takekept() noexcept {
  const std::lock_guard hold(pool.lock);
  relaypipe* p = pool.first;
  if (p != nullptr) {
    pool.first = p->next;
    pool.n--;
  }
  return p;
}

}  // namespace

relaypipe* takepipe() noexcept {
  if (relaypipe* p = takekept()) return p;
  int ends[2];
  if (newpipe(ends, false) != 0) return nullptr;
  auto* p = new (std::nothrow) relaypipe{ends[0], ends[1], nullptr};
  if (p == nullptr) {
    sys::close(ends[0]);
    sys::close(ends[1]);
    return nullptr;
  }
  widenpipe(p->in, kRoom);
  return p;
}

void givepipe(relaypipe* p) noexcept {
  {
    const std::lock_guard hold(pool.lock);
    if (pool.n < kKept) {
      p->next = pool.first;
      pool.first = p;
      pool.n++;
      return;
    }
  }
  droppipe(p);
}

void droppipe(relaypipe* p) noexcept {
  sys::close(p->in);
  sys::close(p->out);
  delete p;
}

}  // namespace burrow::rt
