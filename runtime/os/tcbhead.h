// runtime/os/tcbhead.h - what of glibc's thread control block is the processor's.
//
// The TCB (struct pthread, what pthread_self points to) begins with a head that is
// ABI of compilers and libcs, only extended since. Static thread-local storage lies
// on one side of it, by which the ELF rules of the processor say:
//
//   amd64, 386   TLS | TCB               the thread pointer points to the TCB
//   arm64        TCB | dtv, - | TLS      it points behind the TCB
//
// For glibc_tcb.cc alone.
#pragma once

#include <linux/futex.h>

#include <cstddef>
#include <cstdint>

namespace burrow::rt {

// The list of robust mutexes has a link back, in front of its head, where a mutex
// has room for two links.
inline constexpr bool kRobustBack = sizeof(void*) == 8;

// isrobusthead says whether that list is empty, as a thread's is that has just
// begun; of what else is in a TCB nothing looks like it.
inline bool isrobusthead(const robust_list_head* h) noexcept {
  return h->list.next == &h->list && h->futex_offset < 0 &&
         (!kRobustBack || (&h->list.next)[-1] == &h->list);
}

#if defined(__x86_64__) || defined(__i386__)

inline constexpr bool kTlsAbove = false;
inline constexpr std::uint32_t kRseqSignature = 0x53053053;

#if defined(__x86_64__)
struct tcbhead {
  void* tcb;                      // 0x00  points to itself
  void* dtv;                      // 0x08
  void* self;                     // 0x10  the same again
  std::int32_t multiple_threads;  // 0x18
  std::int32_t gscope_flag;       // 0x1c
  std::uintptr_t sysinfo;         // 0x20
  std::uintptr_t stack_guard;     // 0x28
  std::uintptr_t pointer_guard;   // 0x30
  std::uintptr_t unused[2];       // 0x38
  std::uint32_t feature_1;        // 0x48  shadow stack, branch tracking
};
static_assert(offsetof(tcbhead, stack_guard) == 0x28 &&
              offsetof(tcbhead, feature_1) == 0x48);
#else
struct tcbhead {
  void* tcb;                      // 0x00  points to itself
  void* dtv;                      // 0x04
  void* self;                     // 0x08  the same again
  std::int32_t multiple_threads;  // 0x0c
  std::uintptr_t sysinfo;         // 0x10  libc's way into the kernel
  std::uintptr_t stack_guard;     // 0x14
  std::uintptr_t pointer_guard;   // 0x18
  std::int32_t gscope_flag;       // 0x1c
  std::uint32_t feature_1;        // 0x20  shadow stack, branch tracking
};
static_assert(offsetof(tcbhead, stack_guard) == 0x14 &&
              offsetof(tcbhead, feature_1) == 0x20);
#endif

// headright says whether h, of a real thread, is what this file says, given that
// of the thread that made it.
inline bool headright(const tcbhead& h, const tcbhead& creator) noexcept {
  return h.tcb == &h && h.self == &h && h.sysinfo == creator.sysinfo &&
         h.stack_guard == creator.stack_guard &&
         h.pointer_guard == creator.pointer_guard &&
         (h.multiple_threads == 0 || h.multiple_threads == 1);
}

// headprepare fills h as far as it must be before the thread starts.
inline void headprepare(tcbhead& h, const tcbhead& creator) noexcept {
  h.tcb = h.self = &h;
  h.multiple_threads = 1;  // [MULTI] some paths ask the thread
  h.sysinfo = creator.sysinfo;
  h.stack_guard = creator.stack_guard;  // [GUARD]
  h.pointer_guard = creator.pointer_guard;
  h.feature_1 = creator.feature_1;
}

// dtvof is where the table of the thread's thread-local blocks is.
inline void*& dtvof(tcbhead& h, std::size_t) noexcept { return h.dtv; }

#elif defined(__aarch64__)

inline constexpr bool kTlsAbove = true;
inline constexpr std::uint32_t kRseqSignature = 0xd428bc00;

// The guards are in ld.so, for all threads.
struct tcbhead {
  std::int32_t multiple_threads;
  std::int32_t gscope_flag;
};

inline bool headright(const tcbhead& h, const tcbhead&) noexcept {
  return h.multiple_threads == 0 || h.multiple_threads == 1;
}

inline void headprepare(tcbhead& h, const tcbhead&) noexcept {
  h.multiple_threads = 1;  // [MULTI] some paths ask the thread
}

// tcbbytes is the TCB's size.
inline void*& dtvof(tcbhead& h, std::size_t tcbbytes) noexcept {
  return *reinterpret_cast<void**>(reinterpret_cast<char*>(&h) + tcbbytes);
}

#else
#error "tcbhead.h: this processor is not ported"
#endif

}  // namespace burrow::rt
