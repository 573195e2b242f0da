// runtime/os/glibc_tcb.h - the thread control block of a raw thread.
//
// glibc keeps a struct pthread (the TCB) for every thread; the static thread-local
// storage of all loaded libraries lies beside it, and the thread pointer points to
// or behind it (tcbhead.h). A thread that clone made has to bring its own. Order of
// use:
//   tcbprobe   once: finds what this needs in the running glibc, or says why not
//   tcbplace   where the TCB goes in memory that ends at an address
//   tcbprepare on the creating thread, before each start
//   tcbenter   on the new thread, before anything of libc
//   tcbleave   on the thread, after everything of the user
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace burrow::rt {

// tcbprobe checks every promise that glibc must keep, by its symbols and on a
// real pthread, which it makes and which is gone when it returns.
//
// Context  any ordinary thread, once per process; blocks shortly.
// Returns  nullptr, or why raw threads are not possible here.
const char* tcbprobe() noexcept;

// tcbplace returns where the TCB goes if it and its thread-local storage are to
// end at top; *bottom is where they begin.
void* tcbplace(char* top, char** bottom) noexcept;

// What memory a thread has had before.
enum class tcbmemory : std::uint8_t {
  fresh,  // all zero
  used,   // the same TCB; its thread has ended
};

// tcbprepare makes tcb ready for a new thread.
// Returns  false if there is no memory; tcb may be prepared again.
bool tcbprepare(void* tcb, tcbmemory memory) noexcept;

// tcbsetstack makes [lo, hi) what pthread_getattr_np says the stack is [STACK].
// On the creating thread, or on the thread itself.
void tcbsetstack(void* tcb, char* lo, char* hi) noexcept;

// tcbpointer returns what the thread pointer of tcb's thread has to be.
void* tcbpointer(void* tcb) noexcept;

// tcbtid returns the word of the TCB that is the thread's id while it runs: the
// kernel fills and clears it (sys::newthread).
std::atomic<std::uint32_t>* tcbtid(void* tcb) noexcept;

// tcbenter completes the calling thread for libc; tcb is its own.
void tcbenter(void* tcb) noexcept;

// tcbleave destroys the calling thread's thread_local objects and pthread keys.
void tcbleave() noexcept;

}  // namespace burrow::rt
