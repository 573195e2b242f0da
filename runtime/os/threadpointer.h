// runtime/os/threadpointer.h - where the processor keeps the calling thread's
// thread-local storage.
#pragma once

namespace burrow::rt {

// threadpointer returns the calling thread's thread pointer.
//
// Context  any; on goroutines the answer is out of date after a park.
inline void* threadpointer() noexcept {
  void* tp;
#if defined(__x86_64__) && defined(__APPLE__)
  asm("movq %%gs:0, %0" : "=r"(tp));
#elif defined(__x86_64__)
  asm("movq %%fs:0, %0" : "=r"(tp));
#elif defined(__i386__)
  asm("movl %%gs:0, %0" : "=r"(tp));
#elif defined(__aarch64__)
  asm("mrs %0, tpidr_el0" : "=r"(tp));
#else
#error "threadpointer.h: this processor is not ported"
#endif
  return tp;
}

}  // namespace burrow::rt
