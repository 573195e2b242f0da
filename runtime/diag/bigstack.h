// runtime/diag/bigstack.h - room for libraries that were written for threads.
//
// A goroutine that fails may have little stack left, or none to speak of by its
// options. libdw wants 160 KiB (measured), and so the lookup of an address runs
// on a stack of its own, on the same thread.
//
// Rejected: a helper thread. None can be made at the limit of threads, which is
// one of the things that get reported.
#pragma once

namespace burrow::rt {

// on_bigstack runs fn(arg) on a stack of 1 MiB, which is mapped at the first
// call and kept; in place if it cannot be mapped. One call at a time.
//
// Context  any. fn must not throw and must not park.
void on_bigstack(void (*fn)(void*), void* arg) noexcept;

// bigstack_restart leaves the stack to a call that will never return.
void bigstack_restart() noexcept;

}  // namespace burrow::rt
