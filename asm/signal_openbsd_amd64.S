// signal_openbsd_amd64.S - from the kernel to a signal handler and back, and from
// a fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel's own page of code, which calls burrow_sigtramp and, when
//          that returns, makes the call sigreturn, as nobody else may; nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   reg   burrow_sigtramp
//   ---   ------------------------------------------
//   rax   itself
//   rdi   signal
//   rsi   siginfo
//   rdx   sigcontext
//   rsp   16n+8, at the page's return address
//
// The kernel's call is an indirect one, so there is a landing pad (7.4 on).
#include "asm/object.inc"

#include "asm/sigtramp_amd64.inc"

        TAIL
