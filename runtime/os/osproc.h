// runtime/os/osproc.h - operating system threads that ordinary C++ can live on.
//
// An m's thread is made by newosproc: by clone in our own assembly where the C
// library lets us prepare its thread control block (backend raw,
// osproc_raw.cc over glibc_tcb.cc), by pthread_create elsewhere (backend
// pthread, osproc_pthread.cc). Callers cannot tell the two apart: malloc, errno,
// stdio, locale, exceptions, thread_local, pthread mutexes and keys, std::thread
// and fork work on both.
//
// What a raw thread cannot do, whatever the code on it: pthread_exit,
// pthread_cancel, pthread_join and pthread_detach on itself, be seen by setuid()
// of another thread, and use a library with static TLS that was opened by
// dlopen after the thread was made.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace burrow::rt {

enum class osbackend : std::uint8_t { raw, pthread };

// osproc_backend returns how newosproc makes threads. The first call decides,
// once: pthread if the build option osproc says so or ThreadSanitizer is in the
// build; else raw if this C library has all that it takes and a first thread
// works; else pthread, said in one line on stderr if BURROW_DEBUG is set. Where
// the build option demands raw, the process ends with such a line instead.
//
// Context  any ordinary thread, no lock held. The first call blocks while it
//          makes and ends two threads; they are gone when it returns.
osbackend osproc_backend() noexcept;

// osproc_why returns why the raw backend was tried in vain, or "".
const char* osproc_why() noexcept;

// An OS thread made by the raw backend: its stack, its control block. One per
// thread, kept and used again for a later one.
struct osthread;

// newosproc starts an OS thread that runs fn(arg) with the caller's signal mask,
// on a stack of at least stackbytes (64 KiB if that is less) with a guard page
// below. If fn returns, thread_local objects and pthread keys are destroyed and
// the thread ends; nobody joins it. An exception that leaves fn ends the process.
//
// Context  any ordinary thread; not a signal handler. Does not wait for fn.
// Returns  0. Errors  -EAGAIN limit on threads, -ENOMEM.
std::int64_t newosproc(void (*fn)(void*), void* arg,
                       std::size_t stackbytes) noexcept;

// newosproc_fail_after lets tests run out of threads: that many more calls of
// newosproc work, then each returns -EAGAIN. Negative: off.
extern std::atomic<int> newosproc_fail_after;

// osthread_stack stores the bounds of the calling thread's stack, as the kernel
// gave it and whichever stack the thread is on at the moment: *lo is the lowest
// address that may be used, *hi the first one above. The bounds are both null
// where they cannot be found out.
//
// Context  any thread. The first call on a thread that is not newosproc's may
//          read a file.
void osthread_stack(void** lo, void** hi) noexcept;

// osthread_runson tells libc that the calling thread, if the raw backend made it,
// is on the stack [lo, hi) from now on: pthread_getattr_np says so. For ASan, which
// asks there for the stack of a thread that it does not know.
void osthread_runson(char* lo, char* hi) noexcept;

}  // namespace burrow::rt
