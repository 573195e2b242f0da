// runtime/netpoll/deadline.h - the timers behind deadlines; see netpoll.h.
#pragma once

#include "runtime/netpoll/netpoll.h"

namespace burrow::rt {

// armdeadline sees to it that polldeadline is called at `when` (ns) or before.
// Context  g or g0, no lock held. Does not block. Throws std::bad_alloc.
void armdeadline(polldesc* pd, polldir dir, std::int64_t when);

// polldeadline wakes who waits longer than he wanted.
void polldeadline(polldesc* pd, polldir dir);

}  // namespace burrow::rt
