// The played system's signal numbers, in the place of this one's.
#include_next <signal.h>
#include "tests/abi/include/csignal"
