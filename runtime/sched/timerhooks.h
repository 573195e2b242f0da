// runtime/sched/timerhooks.h - the seam between the timer heaps and the scheduler.
//
// Each p owns one heap (struct timers, runtime/time/timers.h), with a lock of its
// own; any thread may run the expired timers of any p. The scheduler asks for
// minwhen and calls runtimers; the heaps tell it when a new earliest deadline
// appears.
#pragma once

#include <cstdint>

namespace burrow::rt {

struct timers;

// mytimers is the heap that the calling thread should add to: that of its p, or
// of some p where it has none. Never null while a run is on; null outside.
timers* mytimers() noexcept;

// wakepoller is called, with no lock held, after a timer became the earliest of
// its heap. when is in ns of the monotonic clock.
void wakepoller(std::int64_t when) noexcept;

// nanotime reads the monotonic clock in ns (steady_clock's epoch).
std::int64_t nanotime() noexcept;

}  // namespace burrow::rt
