// signal_openbsd_386.S - from the kernel to a signal handler and back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel's own page of code, which calls burrow_sigtramp and, when
//          that returns, makes the call sigreturn, as nobody else may; nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   at burrow_sigtramp: 0(esp) return address, 4 signal, 8 siginfo, 12 sigcontext
//
// The kernel does not promise that esp is aligned as C++ wants it: it is here.
#include "asm/object.inc"

#include "asm/sigtramp_386.inc"

        TAIL
