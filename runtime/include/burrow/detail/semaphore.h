// burrow/detail/semaphore.h - the weighted semaphore.
#pragma once

#include <cstdint>
#include <system_error>

#include "burrow/detail/spinlock.h"
#include "burrow/detail/waitq.h"

namespace burrow {

class context;

// semaphore is a number of units that goroutines take and give back, as
// golang.org/x/sync/semaphore.
//
// It is first come, first served: while one waits for many units, nobody who
// comes later gets a few, so a big request is not starved by small ones.
class semaphore {
 public:
  // A semaphore of `units`, all of them free.
  constexpr explicit semaphore(std::int64_t units) noexcept : size_(units) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore();

  // acquire takes n units, and blocks until it has them. More than there are at
  // all: for ever, without keeping others out.
  //
  // Errors  panic_error if n is negative; so for all that follow.
  void acquire(std::int64_t n = 1);

  // acquire takes n units, unless ctx is or becomes done first: then it takes
  // none and returns ctx.err().
  //
  // Returns  no error once the n units are the caller's.
  std::error_code acquire(std::int64_t n, const context& ctx);

  // try_acquire takes n units if that need not wait, and says whether it did.
  bool try_acquire(std::int64_t n = 1);

  // release gives n units back.
  //
  // Errors  panic_error "semaphore: released more than held"; nothing is given
  //         back then.
  void release(std::int64_t n = 1);

 private:
  bool take(std::int64_t n) noexcept;
  detail::sudog* grant() noexcept;

  const std::int64_t size_;
  // Under lock_.
  std::int64_t held_ = 0;
  detail::spinlock lock_;
  detail::waitq q_;
};

}  // namespace burrow
