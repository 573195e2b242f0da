// sys/bsd/context.h - where siginfo and the context have what sys/bsd/sigctxt.cc
// wants. The tables are in sys/<system>/context_<processor>.h: namespace
// burrow::sys::kernel, kContext, kRegisters and the functions below.
//
//   registers(ctxt)   the block that the offsets pc, sp, flags, ... are of
//   fpstate(ctxt)     x86: the FXSAVE area, or null
//   fromuser(sig, code), tothread(code)   what siginfo says
#pragma once

#if defined(__APPLE__) && defined(__aarch64__)
#include "sys/darwin/context_arm64.h"
#elif defined(__APPLE__) && defined(__x86_64__)
#include "sys/darwin/context_amd64.h"
#elif defined(__APPLE__)
#include "sys/darwin/context_386.h"
#elif defined(__aarch64__)
#include "sys/openbsd/context_arm64.h"
#elif defined(__x86_64__)
#include "sys/openbsd/context_amd64.h"
#else
#include "sys/openbsd/context_386.h"
#endif
