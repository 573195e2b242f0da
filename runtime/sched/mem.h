// runtime/sched/mem.h - the scheduler's own memory, straight from the kernel.
//
// Memory that one thread gives back, another may be given at the same address.
// The kernel orders the two, and TSan, which does not see these system calls, is
// told so: or what the old owner did would race with what the new one does.
#pragma once

#include <cstddef>

#include "runtime/sched/sanitize.h"
#include "sys/os.h"

namespace burrow::rt {

// memreserve is sysreserve: zeroed memory; null if there is none.
inline void* memreserve(std::size_t bytes) noexcept {
  void* at = sys::sysreserve(bytes);
  sanitizer_reserved();
  return at;
}

// memfree unmaps what memreserve gave.
inline void memfree(void* at, std::size_t bytes) noexcept {
  sanitizer_freeing();
  sys::sysfree(at, bytes);
}

}  // namespace burrow::rt
