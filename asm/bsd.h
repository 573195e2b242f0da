// asm/bsd.h - the C++ view of asm/*_openbsd_*.S and asm/*_darwin_*.S: the ways
// into the kernels that say by the carry flag that a call has failed.
//
// As all of asm/: no libc, no thread-local storage, hidden symbols.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// burrow_bsdcall makes system call nr with the words args[0, 8); those that the
// call does not take may be anything. out[0] is the result or the error number,
// out[1] the second result, which few calls have.
//
// nr on Darwin: class << 24 + number; see sys/darwin/kernel.h.
// Context  any, signal handlers and threads without a libc included.
// Returns  1 if the kernel set the carry flag, which means failure; else 0.
__attribute__((visibility("hidden"))) int burrow_bsdcall(
    std::uintptr_t nr, const std::uintptr_t* args,
    std::uintptr_t* out) noexcept;

// burrow_vfork makes a process that shares this one's memory and calls fn(arg) on
// the stack below sp; the caller stands still until that process has become
// another program or has ended. fn must not return.
//
// Context  all signals blocked. sp is 16-byte aligned.
// Returns  the process's id, or -errno.
__attribute__((visibility("hidden"))) std::intptr_t burrow_vfork(
    void* sp, void (*fn)(void*), void* arg) noexcept;

// ---- OpenBSD ----

// burrow_tfork starts a thread (call 8, from 5.2 on) as the kernel's struct
// __tfork at param says, which has the stack; the thread calls fn(arg) and ends.
// burrow_tfork51 does it on 5.1 (call 328), where the structure has no stack: the
// thread begins on its parent's and must leave it untouched. Not on arm64, which is
// younger.
// Both: the kernel stores 0 in *tid when the thread has left its stack for good.
//
// Context  all signals blocked: the thread starts with the caller's mask. The
//          stack is 16-byte aligned, and its top a word inside of its mapping.
// Returns  the thread's id, or -errno.
__attribute__((visibility("hidden"))) std::intptr_t burrow_tfork(
    const void* param, std::size_t bytes, void (*fn)(void*), void* arg,
    std::uint32_t* tid) noexcept;
__attribute__((visibility("hidden"))) std::intptr_t burrow_tfork51(
    const void* param, void* sp, void (*fn)(void*), void* arg,
    std::uint32_t* tid) noexcept;

// ---- Darwin ----

// burrow_threadstart is where the kernel starts every thread, once it has been
// registered. Not to be called. What it finds at the top of its stack:
struct burrow_startrecord {
  std::uint32_t* tid;     // gets the thread's port, and 0 when the thread ends
  std::uint32_t* report;  // gets the port after that
  std::uintptr_t task;  // 386: this process's port; 0: no call gives ports back
};
__attribute__((visibility("hidden"))) void burrow_threadstart();

}  // extern "C"
