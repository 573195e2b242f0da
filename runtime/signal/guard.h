// runtime/signal/guard.h - code that may fault, and is left then.
//
// The unwinder believes what a compiler says of each frame. That may be wrong
// (assembly that uses the frame pointer), and then it reads from anywhere. A dump
// of a healthy program must not end it.
//
//   guarded   m::recover = where to go on   fn   m::recover = as before
//   handler of a fault, m::recover not null: goes on there, with the mask that the
//             fault interrupted
//
// What fn holds when it faults is lost. Of the unwinder that is nothing where it
// finds modules without a lock (glibc 2.35); else it reads memory of the stack
// outside of its locks.
#pragma once

#include <cstdint>

namespace burrow::rt {

struct m;
struct recoverypoint;

// guarded runs fn(arg). mp is the calling thread's m; if it is null there is no
// guard. fn must not park.
//
// Context  any, signal handlers included if they do not block faults.
// Returns  false: it has faulted.
bool guarded(m* mp, void (*fn)(void*), void* arg) noexcept;

// recover is what a fault's handler calls first. It returns if mp, which may be
// null, is not in a guarded function.
void recover(m* mp, const void* ctxt) noexcept;

// trace_guarded is capture_interrupted with a guard.
// Returns  how many addresses were stored: what was found before the fault.
int trace_guarded(m* mp, std::uintptr_t pc, std::uintptr_t* pcs,
                  int max) noexcept;

}  // namespace burrow::rt
