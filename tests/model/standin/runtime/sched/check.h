// tests/model/standin/runtime/sched/check.h - what is checked is the code of a
// release; the programs of the model have checks of their own.
#pragma once

#define BURROW_DCHECK(cond) \
  do {                      \
  } while (0)
