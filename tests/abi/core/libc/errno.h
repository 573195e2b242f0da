// The played system's error numbers, in the place of this one's.
#include_next <errno.h>
#include "tests/abi/include/cerrno"
