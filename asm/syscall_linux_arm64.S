// syscall_linux_arm64.S - the one gate into the kernel.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/linux/*.cc, through the typed calls of sys/linux/syscall.h.
// C name   intptr_t burrow_syscall6(intptr_t nr, uintptr_t a1, uintptr_t a2,
//                    uintptr_t a3, uintptr_t a4, uintptr_t a5, uintptr_t a6);
// Returns  the kernel's result; -4095 to -1 is -errno.
//
//   reg   C argument   at SVC   after
//   ---   ----------   ------   ------------------------------------------
//   x0    nr           a1       result
//   x1    a1           a2       kept
//   x2    a2           a3       kept
//   x3    a3           a4       kept
//   x4    a4           a5       kept
//   x5    a5           a6       kept
//   x6    a6           -        kept
//   x8    -            nr       kept
//   x9    -            a1       kept: sigctxt_writefd looks for it there
//
// `bti c` is where an indirect call may land; older processors take it for a nop.

        .text
        .globl  burrow_syscall6
        .hidden burrow_syscall6
        .type   burrow_syscall6, %function
        .balign 16
burrow_syscall6:
        .cfi_startproc
        hint    #34                     // bti c
        mov     x8, x0                  // nr
        mov     x0, x1                  // a1
        mov     x9, x1
        mov     x1, x2                  // a2
        mov     x2, x3                  // a3
        mov     x3, x4                  // a4
        mov     x4, x5                  // a5
        mov     x5, x6                  // a6
        svc     #0
        ret
        .cfi_endproc
        .size   burrow_syscall6, . - burrow_syscall6

        .section .note.GNU-stack, "", %progbits
