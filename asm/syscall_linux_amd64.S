// syscall_linux_amd64.S - the one gate into the kernel.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/linux/*.cc, through the typed calls of sys/linux/syscall.h.
// C name   int64_t burrow_syscall6(int64_t nr, uint64_t a1, uint64_t a2,
//                          uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6);
// Returns  the kernel's result; -4095 to -1 is -errno.
//
//   reg      C argument   at SYSCALL   after
//   ------   ----------   ----------   -----------------------
//   rax      -            nr           result
//   rdi      nr           a1           kept
//   rsi      a1           a2           kept
//   rdx      a2           a3           kept
//   rcx      a3           -            destroyed (return rip)
//   r8       a4           a5           kept
//   r9       a5           a6           kept
//   r10      -            a4           kept
//   r11      -            -            destroyed (rflags)
//   8(rsp)   a6           -            -
//
// Every register the kernel destroys is caller-saved in the C convention too,
// so nothing is spilled. The moves are in an order in which none is overwritten
// before it is read: r10 takes a4 before r8 takes a5 before r9 takes a6.

        .text
        .globl  burrow_syscall6
        .hidden burrow_syscall6
        .type   burrow_syscall6, @function
        .balign 16
burrow_syscall6:
        .cfi_startproc
        movq    %rdi, %rax              // nr
        movq    %rsi, %rdi              // a1
        movq    %rdx, %rsi              // a2
        movq    %rcx, %rdx              // a3; rcx is free for the kernel now
        movq    %r8, %r10               // a4
        movq    %r9, %r8                // a5
        movq    8(%rsp), %r9            // a6, above the return address
        syscall
        ret
        .cfi_endproc
        .size   burrow_syscall6, . - burrow_syscall6

        .section .note.GNU-stack, "", @progbits
