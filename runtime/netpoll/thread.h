// runtime/netpoll/thread.h - threads that burrow did not make, waiting for
// descriptors.
#pragma once

#include "runtime/netpoll/netpoll.h"

namespace burrow::rt {

// threadwait is pollwait for such a thread.
pollresult threadwait(polldesc* pd, polldir dir) noexcept;

// wakethreads makes those of one side look again: at its deadline, and whether it
// is closing. polldesc::lock held.
void wakethreads(const polltimer& s) noexcept;

}  // namespace burrow::rt
