// signal_linux_386.S - from the kernel to a signal handler, back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigtramp, burrow_sigreturn); nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   stack     burrow_sigtramp        burrow_sigpanic
//   -------   --------------------   --------------------------------------
//     (esp)   the restorer           the fault's pc
//    4(esp)   signal                 its sp
//    8(esp)   siginfo                burrow_sigpanicfn, by sigctxt_inject
//   12(esp)   ucontext               -
//   esp       16n+12, as in a call   16n
//
// A handler that was installed without SA_SIGINFO, as signal() does, gets the signal
// alone, and an older call for its return, sigreturn: burrow_sigtramp knows it by
// that, and passes two nulls.
//
//   Registers: burrow_sigtramp as the kernel left them, burrow_sigpanic as at
//   the fault.

#define SYS_rt_sigreturn 173

        .text
        .globl  burrow_sigtramp
        .hidden burrow_sigtramp
        .type   burrow_sigtramp, @function
        .balign 16
burrow_sigtramp:
        .cfi_startproc
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebp, 0
        movl    %esp, %ebp
        .cfi_def_cfa_register ebp
        subl    $24, %esp               // three words, and 16n for the call
        cld                             // the C convention's, not the user's
        movl    12(%ebp), %ecx
        movl    16(%ebp), %edx
        movl    4(%ebp), %eax           // of each restorer that there is:
        cmpl    $0x0077b858, (%eax)     // popl %eax; movl $SYS_sigreturn, %eax
        jne     .Lsiginfo
        xorl    %ecx, %ecx
        xorl    %edx, %edx
.Lsiginfo:
        movl    8(%ebp), %eax
        movl    %eax, (%esp)
        movl    %ecx, 4(%esp)
        movl    %edx, 8(%esp)
        call    .Lhere                  // there is no other way to ask for eip
.Lhere:
        popl    %eax
        call    *burrow_sigfn - .Lhere(%eax)
        leave
        .cfi_def_cfa esp, 4
        .cfi_restore ebp
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
        movl    $SYS_rt_sigreturn, %eax // b8 ad 00 00 00
        int     $0x80                   // cd 80
        .size   burrow_sigreturn, . - burrow_sigreturn

// The frame says of itself that it is a signal's, so that the fault's pc is looked
// up as it is, not as a return address; that the caller's sp is at 4(esp) and its
// pc at (esp); and that all other registers are as they were. No instruction here
// moves esp, so that this holds throughout: that is why the function to call is on
// the stack.
        .balign 16
        .globl  burrow_sigpanic
        .hidden burrow_sigpanic
        .type   burrow_sigpanic, @function
burrow_sigpanic:
        .cfi_startproc
        .cfi_signal_frame
        // CFA = *(esp + 4): DW_CFA_def_cfa_expression, DW_OP_breg4 4, DW_OP_deref
        .cfi_escape 0x0f, 3, 0x74, 4, 0x06
        // eip at esp: DW_CFA_expression, register 8, DW_OP_breg4 0
        .cfi_escape 0x10, 8, 2, 0x74, 0
        call    *8(%esp)
        ud2                             // it does not return
        .cfi_endproc
        .size   burrow_sigpanic, . - burrow_sigpanic

        .data
        .balign 4
        .globl  burrow_sigfn
        .hidden burrow_sigfn
        .type   burrow_sigfn, @object
        .size   burrow_sigfn, 4
burrow_sigfn:
        .long   0
        .globl  burrow_sigpanicfn
        .hidden burrow_sigpanicfn
        .type   burrow_sigpanicfn, @object
        .size   burrow_sigpanicfn, 4
burrow_sigpanicfn:
        .long   0

        .section .note.GNU-stack, "", @progbits
