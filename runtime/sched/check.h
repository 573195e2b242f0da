// runtime/sched/check.h - checks of our own code.
//
// BURROW_CHECK stands in every build: one comparison, before something that
// could not be undone. BURROW_DCHECK only in debug builds, on hot paths.
#pragma once

#include "runtime/sched/park.h"

#define BURROW_CHECK(cond)                    \
  do {                                        \
    if (!(cond)) [[unlikely]]                 \
      ::burrow::rt::rtthrow("check: " #cond); \
  } while (0)

#if defined(BURROW_DEBUG_CHECKS)
#define BURROW_DCHECK(cond) BURROW_CHECK(cond)
#else
#define BURROW_DCHECK(cond) \
  do {                      \
  } while (0)
#endif
