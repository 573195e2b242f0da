// runtime/sched/tls.h - the calling thread's m.
//
// A goroutine may be on another thread after every park, and a compiler may
// keep the address of a thread_local over such a call. So the one thread_local
// of the runtime is never named by code that runs on goroutines: getm reads it
// through the thread pointer in a volatile asm, which cannot be cached or moved
// over another volatile asm. The variable lies in the static TLS block (model
// initial-exec), so its distance from the thread pointer is one number for all
// threads, found once (tls.cc).
//
// Rejected: a noinline accessor. It costs a call on each entry, and link-time
// optimisation may still see through it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::rt {

struct m;

#if defined(BURROW_HOSTED)  // a hosted system: tls_hosted.cc

m* getm() noexcept;
const std::uint32_t* yieldflag() noexcept;

#else

extern std::ptrdiff_t tlsmoffset;  // set by a constructor, then constant

// getm returns the calling thread's m; null on a thread that burrow did not
// make.
//
// Context  any.
inline m* getm() noexcept {
  m* mp;
#if defined(__x86_64__) && defined(__APPLE__)
  asm volatile("movq %%gs:(%1), %0" : "=r"(mp) : "r"(tlsmoffset));
#elif defined(__x86_64__)
  asm volatile("movq %%fs:(%1), %0" : "=r"(mp) : "r"(tlsmoffset));
#elif defined(__i386__)
  asm volatile("movl %%gs:(%1), %0" : "=r"(mp) : "r"(tlsmoffset));
#elif defined(__aarch64__)
  asm volatile("mrs %0, tpidr_el0\n\tldr %0, [%0, %1]"
               : "=&r"(mp)
               : "r"(tlsmoffset));
#else
#error "tls.h: this architecture is not ported"
#endif
  return mp;
}

// tlsyield points to the m's `yield`, or to a zero on other threads. For the one
// function that is called too often to look the m up first: safepoint.cc.
extern __attribute__((tls_model(
    "initial-exec"))) constinit thread_local const std::uint32_t* tlsyield;

inline const std::uint32_t* yieldflag() noexcept { return tlsyield; }

#endif

// setm makes mp the calling thread's m.
void setm(m* mp) noexcept;

}  // namespace burrow::rt
