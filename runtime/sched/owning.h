// runtime/sched/owning.h - how much may be some thread's own.
//
// What a thread owns (detail/biasedlock.h, detail/ownedcount.h) is taken away by a
// heavy fence, 10 us. Where goroutines move between threads, what is given is taken
// away again: so many times a second cost two per cent of a processor; then none is
// given for a while.
#pragma once

namespace burrow::rt {

// mayown says whether something may become a thread's own now. settled: and next to
// nothing was taken away lately. Any thread.
bool mayown() noexcept;
bool settled() noexcept;

// disowned counts what was taken away.
void disowned() noexcept;

// owningagain forgets what was taken away in the last second, or before the run.
//
// Context  sysmon, or the start of a run.
void owningagain() noexcept;

}  // namespace burrow::rt
