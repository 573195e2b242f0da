// sys/bsd/signal.h - the parts of sys/bsd/signal.cc that each system does itself.
#pragma once

#include <cstdint>

#include "sys/sig.h"

namespace burrow::sys {

// maskthread changes this thread's mask: how is 1 to block, 2 to unblock, 3 to
// set. *old is the mask it had, unless there is an error. Returns  0 or -errno.
std::int64_t maskthread(int how, std::uint32_t mask,
                        std::uint32_t* old) noexcept;

// sigactionraw gives a signal a disposition and fills in the old one; either may
// be null. Returns  0 or -errno.
std::int64_t sigactionraw(int sig, const sigdisp* wanted,
                          sigdisp* old) noexcept;

}  // namespace burrow::sys
