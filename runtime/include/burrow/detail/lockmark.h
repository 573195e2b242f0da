// burrow/detail/lockmark.h - who holds a lock, for dumps.
//
// A lock belongs to no goroutine, and asking which one is calling would cost
// more than the lock. So whoever takes it stores an address of the stack he is
// on; a dump looks up whose stack that is. It means something only while the
// lock is held, and a dump reads it while nobody runs but goroutines without a p
// and threads that burrow did not make. What can be wrong then:
//   - one of those has taken the lock and not stored yet: the last owner is
//     named. One instruction; who is named wrongly is named in a report only.
//   - the goroutine that took the lock has ended, or another one is going to
//     unlock it: the mark says who has locked it, no more.
//
// Rejected: the goroutine's number. Reading it means finding the thread's m: 3
// ns on a lock that takes 5.
#pragma once

#include <atomic>

namespace burrow::rt {
struct lockview;  // runtime/sched/waitobject.cc: reads marks
}

namespace burrow::detail {

class lockmark {
 public:
  // set says that the caller owns the lock.
  void set() noexcept {
    void* here;
#if defined(__x86_64__)
    // Unlike __builtin_frame_address, this makes no caller set a frame up.
    asm("movq %%rsp, %0" : "=r"(here));
#else
    here = __builtin_frame_address(0);
#endif
    set(here);
  }

  // set says that the goroutine owns it on whose stack `at` lies.
  void set(const void* at) noexcept {
    at_.store(at, std::memory_order_relaxed);  // nobody acts on it
  }

  const void* get() const noexcept {
    return at_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<const void*> at_{nullptr};
};

}  // namespace burrow::detail
