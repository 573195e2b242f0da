// runtime/sched/sanitize.h - telling the sanitizers and valgrind of stacks.
//
// All of it is empty in an ordinary build, but for valgrind's client requests,
// which are a few no-op instructions where a stack is mapped. Used by gogo.cc,
// goroutine.cc, proc.cc, stack.cc, mem.h, deadlock.cc, dump.cc and waitgraph.cc
// alone.
//
// ASan wants each switch announced before (with the bounds of the stack that is
// switched to) and confirmed after it. At a throw it lifts what it forbids on the
// stack, for no epilogue will; on a raw thread, which it does not know, it asks
// libc where that is (osthread_runson). TSan models each stack as a fiber; a
// fiber cannot be destroyed while it runs, so the arrival destroys it.
#pragma once

#include "burrow/detail/sanitizers.h"
#include "runtime/os/osproc.h"
#include "runtime/sched/runtime2.h"

#if defined(BURROW_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(BURROW_TSAN)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(BURROW_HAVE_VALGRIND)
#include <valgrind/valgrind.h>
#endif

namespace burrow::rt {

// TSan starts a thread of its own when the first other one is made.
#if defined(BURROW_TSAN)
inline constexpr int kSanitizerThreads = 1;
#else
inline constexpr int kSanitizerThreads = 0;
#endif

#if defined(BURROW_ASAN) || defined(BURROW_TSAN)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

inline std::size_t spanbytes(const stackspan& s) noexcept {
  return static_cast<std::size_t>(s.hi - s.lo);
}

// sanitizer_cleanstack: what ran on s before has left it for good, in the middle
// of functions whose variables ASan still guards. Block by block, so that shadow
// memory which was never written stays so.
inline void sanitizer_cleanstack([[maybe_unused]] const stackspan& s) noexcept {
#if defined(BURROW_ASAN)
  constexpr std::size_t kBlock = 4096;
  for (char* at = s.lo; at < s.hi; at += kBlock)
    if (__asan_region_is_poisoned(at, kBlock) != nullptr)
      ASAN_UNPOISON_MEMORY_REGION(at, kBlock);
#endif
}

// sanitizer_switch announces the switch from `from` to `to`. Always inlined, as the next
// two: TSan would note its call with `from`, and its return with `to`.
[[gnu::always_inline]] inline void sanitizer_switch(
    [[maybe_unused]] g* from, [[maybe_unused]] g* to) noexcept {
#if defined(BURROW_ASAN)
  __sanitizer_start_switch_fiber(&from->sanstate, to->stack.lo,
                                 spanbytes(to->stack));
  osthread_runson(to->stack.lo, to->stack.hi);
#elif defined(BURROW_TSAN)
  __tsan_switch_to_fiber(to->sanstate, 0);
#endif
}

// sanitizer_switchdead announces the last switch away from a stack.
[[gnu::always_inline]] inline void sanitizer_switchdead(
    [[maybe_unused]] m* mp, [[maybe_unused]] g* from,
    [[maybe_unused]] g* to) noexcept {
#if defined(BURROW_ASAN)
  __sanitizer_start_switch_fiber(nullptr, to->stack.lo, spanbytes(to->stack));
  osthread_runson(to->stack.lo, to->stack.hi);
#elif defined(BURROW_TSAN)
  mp->sandead = from->sanstate;
  from->sanstate = nullptr;
  __tsan_switch_to_fiber(to->sanstate, 0);
#endif
}

// sanitizer_arrived confirms a switch; gp is what runs now.
[[gnu::always_inline]] inline void sanitizer_arrived(
    [[maybe_unused]] m* mp, [[maybe_unused]] g* gp) noexcept {
#if defined(BURROW_ASAN)
  __sanitizer_finish_switch_fiber(gp->sanstate, nullptr, nullptr);
#elif defined(BURROW_TSAN)
  if (mp != nullptr && mp->sandead != nullptr) {
    __tsan_destroy_fiber(mp->sandead);
    mp->sandead = nullptr;
  }
#endif
}

// sanitizer_newstack: gp got a stack on which nothing has run.
inline void sanitizer_newstack([[maybe_unused]] g* gp) noexcept {
#if defined(BURROW_ASAN)
  gp->sanstate = nullptr;
  sanitizer_cleanstack(gp->stack);
#elif defined(BURROW_TSAN)
  gp->sanstate = __tsan_create_fiber(0);
#endif
}

// sanitizer_inherit: `next` starts on the stack on which `ended` has ended.
inline void sanitizer_inherit([[maybe_unused]] g* ended,
                              [[maybe_unused]] g* next) noexcept {
#if defined(BURROW_ASAN) || defined(BURROW_TSAN)
  next->sanstate = ended->sanstate;
  ended->sanstate = nullptr;
#endif
  sanitizer_cleanstack(next->stack);
}

// sanitizer_thread: gp is the context of the calling thread's own stack.
inline void sanitizer_thread([[maybe_unused]] g* gp) noexcept {
#if defined(BURROW_TSAN)
  gp->sanstate = __tsan_get_current_fiber();
#endif
}

// sanitizer_abandon: gp is parked and never runs again; its stack is reused.
inline void sanitizer_abandon([[maybe_unused]] g* gp) noexcept {
#if defined(BURROW_ASAN)
  gp->sanstate = nullptr;
#elif defined(BURROW_TSAN)
  if (gp->sanstate != nullptr) __tsan_destroy_fiber(gp->sanstate);
  gp->sanstate = nullptr;
#endif
}

#if defined(BURROW_TSAN)
inline char sanmaps;  // stands for the kernel's lock on the address space
#endif

// sanitizer_freeing: memory is about to be unmapped. What was done to it comes
// before what is done to any that is mapped later (sanitizer_reserved).
inline void sanitizer_freeing() noexcept {
#if defined(BURROW_TSAN)
  __tsan_release(&sanmaps);
#endif
}

// sanitizer_reserved: memory has just been mapped.
inline void sanitizer_reserved() noexcept {
#if defined(BURROW_TSAN)
  __tsan_acquire(&sanmaps);
#endif
}

// sanitizer_mapstack: [lo, hi) is going to be a stack, for good.
inline void sanitizer_mapstack([[maybe_unused]] char* lo,
                               [[maybe_unused]] char* hi) noexcept {
#if defined(BURROW_HAVE_VALGRIND)
  (void)VALGRIND_STACK_REGISTER(lo, hi);
#endif
  sanitizer_reserved();
}

// unguarded: while it lives, the calling thread may read what nobody has written
// (valgrind).
class unguarded {
 public:
#if defined(BURROW_HAVE_VALGRIND)
  unguarded() noexcept { VALGRIND_DISABLE_ERROR_REPORTING; }
  ~unguarded() { VALGRIND_ENABLE_ERROR_REPORTING; }
#else
  unguarded() noexcept {}
#endif
  unguarded(const unguarded&) = delete;
  unguarded& operator=(const unguarded&) = delete;
};

}  // namespace burrow::rt
