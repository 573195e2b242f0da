// signal_linux_amd64.S - from the kernel to a signal handler, back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigtramp, burrow_sigreturn); nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   reg   burrow_sigtramp    burrow_sigpanic
//   ---   ----------------   --------------------------------------------
//   rdi   signal             as at the fault, like all that is not named
//   rsi   siginfo            -
//   rdx   ucontext           -
//   rsp   16n+8, at the      16n: (rsp) the fault's pc, 8(rsp) its sp
//         restorer's address
//
// Rejected: a C++ function as the kernel's handler. It would do on this system;
// on others the kernel's convention is not C's, and one shape serves all.

#define SYS_rt_sigreturn 15

        .text
        .globl  burrow_sigtramp
        .hidden burrow_sigtramp
        .type   burrow_sigtramp, @function
        .balign 16
burrow_sigtramp:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        movq    %rsp, %rbp
        cld                             // the C convention's, not the user's
        call    *burrow_sigfn(%rip)
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret
        .cfi_endproc
        .size   burrow_sigtramp, . - burrow_sigtramp

// No unwind information: unwinders and debuggers know a signal's frame by these
// very bytes at its return address, and look one byte before it first, where no
// other function's information may reach: hence the nop.
        .balign 16
        nop
        .globl  burrow_sigreturn
        .hidden burrow_sigreturn
        .type   burrow_sigreturn, @function
burrow_sigreturn:
        movq    $SYS_rt_sigreturn, %rax // 48 c7 c0 0f 00 00 00
        syscall                         // 0f 05
        .size   burrow_sigreturn, . - burrow_sigreturn

// The frame says of itself that it is a signal's, so that the fault's pc is looked
// up as it is, not as a return address; that the caller's sp is at 8(rsp) and its
// pc at (rsp); and that all other registers are as they were. No instruction here
// moves rsp, so that this holds throughout.
        .balign 16
        .globl  burrow_sigpanic
        .hidden burrow_sigpanic
        .type   burrow_sigpanic, @function
burrow_sigpanic:
        .cfi_startproc
        .cfi_signal_frame
        // CFA = *(rsp + 8): DW_CFA_def_cfa_expression, DW_OP_breg7 8, DW_OP_deref
        .cfi_escape 0x0f, 3, 0x77, 8, 0x06
        // rip at rsp: DW_CFA_expression, register 16, DW_OP_breg7 0
        .cfi_escape 0x10, 16, 2, 0x77, 0
        call    *burrow_sigpanicfn(%rip)
        ud2                             // it does not return
        .cfi_endproc
        .size   burrow_sigpanic, . - burrow_sigpanic

        .data
        .balign 8
        .globl  burrow_sigfn
        .hidden burrow_sigfn
        .type   burrow_sigfn, @object
        .size   burrow_sigfn, 8
burrow_sigfn:
        .quad   0
        .globl  burrow_sigpanicfn
        .hidden burrow_sigpanicfn
        .type   burrow_sigpanicfn, @object
        .size   burrow_sigpanicfn, 8
burrow_sigpanicfn:
        .quad   0

        .section .note.GNU-stack, "", @progbits
