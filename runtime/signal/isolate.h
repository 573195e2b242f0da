// runtime/signal/isolate.h - a dangerous task, done by a copy of the process.
#pragma once

namespace burrow::rt {

// isolate runs fn(arg) in a child process, a copy of this one with this thread
// alone, and waits for it; for a minute at most, then it is killed. What fn
// changes in memory is not seen here.
//
// Context  any, a signal handler above all. Blocks. fn runs where locks may be
//          held by threads that are not there.
// Returns  whether fn returned.
bool isolate(void (*fn)(void*) noexcept, void* arg) noexcept;

// isolated says whether this is such a child; one that faults ends so.
bool isolated() noexcept;
inline constexpr int kIsolatedFault = 3;

}  // namespace burrow::rt
