// asm/asm.h - the C++ view of asm/'s ways into the kernel, for sys/.
//
// Code in asm/ knows registers and nothing else: no libc, no thread-local
// storage, no symbol of another layer. The symbols are hidden: they are not
// part of any library's interface.
#pragma once

#include <cstdint>

extern "C" {

// burrow_syscall6 makes system call nr with up to six arguments, one register
// each; those that the call does not take may be anything.
//
// Context  any, signal handlers and threads without a libc included.
// Returns  what the kernel returns: -4095 to -1 is -errno. errno is not touched.
__attribute__((visibility("hidden"))) std::intptr_t burrow_syscall6(
    std::intptr_t nr, std::uintptr_t a1, std::uintptr_t a2, std::uintptr_t a3,
    std::uintptr_t a4, std::uintptr_t a5, std::uintptr_t a6) noexcept;

// burrow_clone starts a thread that calls fn(arg) on the stack below sp, with
// tls as its thread pointer. The kernel stores the thread's id in *tid before
// the call returns, and stores 0 and wakes one waiter of the shared (not the
// private) futex there when the thread has left its stack for good. When fn
// returns the thread ends.
//
// Context  any; block all signals first, the thread starts with the caller's
//          mask. sp is 16-byte aligned, at least 32 bytes below it are free.
// Returns  the thread's id, or -errno.
__attribute__((visibility("hidden"))) std::intptr_t burrow_clone(
    std::uintptr_t flags, void* sp, std::uint32_t* tid, void* tls,
    void (*fn)(void*), void* arg) noexcept;

}  // extern "C"
