// sys/bsd/kernel.h - the system whose numbers and structures sys/bsd is built with.
//
// Each such system has a header of that name, in namespace burrow::sys::kernel,
// with the same names in it; the files of sys/bsd know no system.
#pragma once

#ifdef __APPLE__
#include "sys/darwin/kernel.h"
#else
#include "sys/openbsd/kernel.h"
#endif
