// signal_darwin_arm64.S - from the kernel to a signal handler and back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigreturn, which it is given beside each handler and
//          enters in its place), burrow_sigreturn (burrow_sigtramp).
//
//   reg   burrow_sigreturn
//   ---   --------------------------------------------------------------
//   x0    the handler, which is called as C calls
//   x1    style, for the call sigreturn
//   x2    signal
//   x3    siginfo
//   x4    ucontext
//   x5    token, for the call sigreturn
//   sp    16n, 128 bytes or more below the interrupted one
#include "asm/object.inc"

#define SYS_sigreturn 184

FUNC(burrow_sigreturn)
        .cfi_undefined x30
        LANDING
        mov     x19, x4                 // the context has the interrupted ones
        mov     w20, w1
        mov     x21, x5
        mov     x9, x0
        mov     w0, w2
        mov     x1, x3
        mov     x2, x4
        blr     x9
        mov     x0, x19
        mov     w1, w20
        mov     x2, x21
        mov     w16, #SYS_sigreturn
        svc     #0x80
        udf     #0                      // it does not return
END(burrow_sigreturn)

        .macro  savevectors             // the kernel does
        .endm
        .macro  restorevectors
        .endm
#include "asm/sigtramp_arm64.inc"

        TAIL
