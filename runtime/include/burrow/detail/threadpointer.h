// burrow/detail/threadpointer.h - where the processor keeps the calling thread's
// thread-local storage: a number that no other living thread has.
#pragma once

namespace burrow::detail {

// threadpointer returns the calling thread's thread pointer.
//
// Context  any; on goroutines the answer is out of date after a park. Volatile: no
//          compiler keeps an earlier answer, nor moves the question over a switch.
inline void* threadpointer() noexcept {
  void* tp;
#if defined(__x86_64__) && defined(__APPLE__)
  asm volatile("movq %%gs:0, %0" : "=r"(tp));
#elif defined(__x86_64__)
  asm volatile("movq %%fs:0, %0" : "=r"(tp));
#elif defined(__i386__)
  asm volatile("movl %%gs:0, %0" : "=r"(tp));
#elif defined(__aarch64__) && \
    !defined(__APPLE__)  // where it is no number of a thread
  asm volatile("mrs %0, tpidr_el0" : "=r"(tp));
#else
#error "threadpointer.h: this processor is not ported"
#endif
  return tp;
}

}  // namespace burrow::detail
