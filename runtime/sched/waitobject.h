// runtime/sched/waitobject.h - what goroutines wait for, and who holds it.
#pragma once

#include <cstdint>

#include "runtime/sched/park.h"

// For what reads stacks and objects as they are: others' variables, with ASan's
// guards between them, not written yet, or just being written.
#define BURROW_READS_ANYTHING \
  __attribute__((no_sanitize_address, no_sanitize_thread))

namespace burrow::rt {

using address = std::uintptr_t;

// waitkind is the kind of object that a parked goroutine waits for, of those
// among which cycles are looked for.
enum class waitkind : std::uint8_t {
  none,
  mutex,
  rwmutex,
  waitgroup,
  channel,
};
waitkind waitkindof(waitreason why) noexcept;
const char* waitkindname(waitkind k) noexcept;

// objectat is the object of that kind whose lock a sudog names.
address objectat(waitkind k, const spinlock* lock) noexcept;

// holderof says who holds an object that somebody waits for.
//
// sure: it is held by the one whose stack the address `mark` lies on; 0: nobody
// has stored one. Else it is no lock, or readers hold it: nobody knows.
struct holding {
  bool sure = false;
  address mark = 0;
};
holding holderof(waitkind k, address obj) noexcept;

}  // namespace burrow::rt
