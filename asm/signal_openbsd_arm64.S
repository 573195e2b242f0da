// signal_openbsd_arm64.S - from the kernel to a signal handler and back, and from
// a fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel's own page of code, which calls burrow_sigtramp and, when
//          that returns, makes the call sigreturn, as nobody else may; nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   reg   burrow_sigtramp
//   ---   -------------------------------------
//   x0    signal
//   x1    siginfo
//   x2    sigcontext
//   x30   into the page; before the call: us
//   sp    16n, at the frame
//
// The kernel's call is an indirect one, so there is a landing pad (7.4 on). The
// frame has no vector registers: what a handler does with them the interrupted code
// would see. So they are kept here, all of them.
#include "asm/object.inc"

        .macro  savevectors
        mrs     x9, fpcr
        mrs     x10, fpsr
        stp     x9, x10, [sp, #-16]!
        .irp    n, 31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1
        str     q\n, [sp, #-16]!
        .endr
        .irp    n, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0
        str     q\n, [sp, #-16]!
        .endr
        .endm
        .macro  restorevectors
        .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        ldr     q\n, [sp], #16
        .endr
        .irp    n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
        ldr     q\n, [sp], #16
        .endr
        ldp     x9, x10, [sp], #16
        msr     fpcr, x9
        msr     fpsr, x10
        .endm
#include "asm/sigtramp_arm64.inc"

        TAIL
